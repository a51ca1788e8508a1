// Upstream bytes → client bytes for answers of tasks that are not one JSON document: audio, subtitles, and streams of events.
// A whole answer is never held here: what comes is passed on, and the reader's pace is the upstream's.
import type { Usage } from '../canonical/usage.ts';
import { GatewayError, toGatewayError } from '../core/errors.ts';
import { asObject, tryParseJson } from '../core/json.ts';
import type { StreamFacts } from '../dialects/dialect.ts';
import { findError } from '../dialects/openai-chat/errors.ts';
import type { TaskEvents } from '../dialects/task-dialect.ts';
import { createRegionSplitter, encodeSse } from '../framing/sse.ts';
import type { Relayed, StreamRelay } from './stream-relay.ts';

class TaskFacts implements StreamFacts {
  content = false;
  done = false;
  contentBytes = 0;
  contentFrames = 0;
  finish?: string;
  usage?: Usage;

  count(bytes: number): void {
    this.content = true;
    this.contentBytes += bytes;
    this.contentFrames += 1;
  }
}

/** Bytes as they come. An answer without any is none. */
export function createBytesRelay(): StreamRelay {
  const facts = new TaskFacts();
  return {
    facts,
    push(bytes) {
      facts.count(bytes.length);
      return { bytes };
    },
    end: () => (facts.content ? {} : { failure: emptyAnswer() }),
  };
}

/** Audio bytes → OpenAI's `speech.audio.delta` events, for a caller who wants events of an upstream that has none. */
export function createAudioEventsRelay(usage: Usage): StreamRelay {
  const facts = new TaskFacts();
  // Three bytes make four characters: what is left over waits, so that the pieces are one base64 text when joined.
  let rest: Buffer = Buffer.alloc(0);
  const deltaOf = (audio: Buffer): string => encodeSse(JSON.stringify({ type: 'speech.audio.delta', audio: audio.toString('base64') }));
  return {
    facts,
    push(bytes) {
      facts.count(bytes.length);
      const all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      const whole = all.length - (all.length % 3);
      rest = Buffer.from(all.subarray(whole));
      return whole === 0 ? {} : { bytes: deltaOf(all.subarray(0, whole)) };
    },
    end() {
      if (!facts.content) return { failure: emptyAnswer() };
      const last = rest.length === 0 ? '' : deltaOf(rest);
      const { input, output } = usage;
      const counted = { input_tokens: input, output_tokens: output, total_tokens: input + output };
      return { bytes: last + encodeSse(JSON.stringify({ type: 'speech.audio.done', usage: counted })) };
    },
  };
}

export interface EventsRelayOptions {
  readonly events: TaskEvents;
  readonly maxFrameBytes: number;
}

/** Whole frames as they come. A stream of pictures has megabytes in a frame, so only the frames that may end it are parsed. */
export function createEventsRelay({ events, maxFrameBytes }: EventsRelayOptions): StreamRelay {
  const facts = new TaskFacts();
  const splitter = createRegionSplitter({ maxFrameBytes });

  const watch = (region: Buffer | undefined): Relayed => {
    if (region === undefined) return {};
    for (let start = 0; start < region.length; ) {
      const border = region.indexOf('\n\n', start);
      const end = border === -1 ? region.length : border + 2;
      const failure = watchFrame(region.subarray(start, end));
      if (failure !== undefined) return { ...(start > 0 && { bytes: region.subarray(0, start) }), failure };
      start = end;
    }
    return { bytes: region };
  };

  const watchFrame = (frame: Buffer): GatewayError | undefined => {
    const at = frame.indexOf('data:');
    if (at === -1) return undefined;
    const head = frame.toString('latin1', at + 5, Math.min(frame.length, at + 205));
    if (head.trimStart().startsWith('[DONE]')) {
      facts.done = true;
      facts.finish ??= 'stop';
      return undefined;
    }
    // The type leads in every known server; whatever begins otherwise might be an error, and is parsed.
    const type = /^\s*\{\s*"type"\s*:\s*"([^"]*)"/.exec(head)?.[1];
    if (type !== undefined && type !== 'error' && !/\.(done|completed)$/.test(type)) {
      facts.count(frame.length);
      return undefined;
    }
    const event = asObject(tryParseJson(frame.toString('utf8', at + 5).trim()));
    if (event === undefined) return new GatewayError('upstream_bad_reply', 'the provider sent an event that is not JSON');
    const failure = type === 'error' || type === undefined ? findError(event) : undefined;
    if (failure !== undefined) return failure;
    facts.count(frame.length);
    const usage = events.usageOf(event);
    if (usage !== undefined) facts.usage = usage;
    if (events.isLast(event)) facts.finish = 'stop';
    return undefined;
  };

  const guarded = (step: () => Relayed): Relayed => {
    try {
      return step();
    } catch (thrown) {
      return { failure: toGatewayError(thrown) };
    }
  };

  return {
    facts,
    push: (bytes) => guarded(() => watch(splitter.push(bytes))),
    end: () =>
      guarded(() => {
        const rest = watch(splitter.end());
        // A frame whose rest never came says nothing.
        const tail = rest.failure?.code === 'upstream_bad_reply' ? {} : rest;
        if (tail.failure !== undefined || facts.finish !== undefined) return tail;
        const failure = new GatewayError(
          'upstream_truncated',
          'the provider ended its stream before the last event; send the request again',
        );
        return { ...tail, failure };
      }),
  };
}

function emptyAnswer(): GatewayError {
  return new GatewayError('upstream_bad_reply', 'the provider answered without any content');
}
