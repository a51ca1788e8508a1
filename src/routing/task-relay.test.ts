import { describe, expect, it } from 'vitest';
import { noUsage } from '../canonical/usage.ts';
import type { GatewayError } from '../core/errors.ts';
import { openaiImages } from '../dialects/tasks/openai-images.ts';
import { openaiSpeech } from '../dialects/tasks/openai-speech.ts';
import type { StreamRelay } from './stream-relay.ts';
import { createAudioEventsRelay, createBytesRelay, createEventsRelay } from './task-relay.ts';

interface Ran {
  readonly text: string;
  readonly failure: GatewayError | undefined;
}

/** What the client sees of these pieces. */
function run(relay: StreamRelay, pieces: readonly (string | Buffer)[]): Ran {
  let text = '';
  for (const piece of pieces) {
    const { bytes, failure } = relay.push(Buffer.from(piece));
    text += bytes?.toString() ?? '';
    if (failure !== undefined) return { text, failure };
  }
  const { bytes, failure } = relay.end();
  return { text: text + (bytes?.toString() ?? ''), failure };
}

const cuts = (text: string): readonly (readonly string[])[] =>
  Array.from({ length: text.length + 1 }, (_, at) => [text.slice(0, at), text.slice(at)]);

describe('events', () => {
  const partial = 'event: image_generation.partial_image\ndata: {"type":"image_generation.partial_image","b64_json":"AAAA"}\n\n';
  const last = 'data: {"type":"image_generation.completed","b64_json":"BB","usage":{"input_tokens":1,"output_tokens":2}}\n\n';
  const images = () => createEventsRelay({ events: openaiImages.events ?? never(), maxFrameBytes: 10_000 });

  it('pass as they came, wherever they are cut, and their usage is read', () => {
    for (const pieces of cuts(`: hello\n\n${partial}${last}`)) {
      const relay = images();
      expect(run(relay, pieces)).toEqual({ text: `: hello\n\n${partial}${last}`, failure: undefined });
      expect(relay.facts).toMatchObject({ content: true, finish: 'stop', usage: { input: 1, output: 2 } });
    }
  });

  it('that end early, anywhere, are truncated', () => {
    for (let length = 0; length <= partial.length; length += 1) {
      expect(run(images(), [(partial + last).slice(0, length)]).failure, `after ${length} bytes`).toMatchObject({
        code: 'upstream_truncated',
      });
    }
  });

  it('end at [DONE], too: home-made servers know no other end', () => {
    expect(run(images(), [partial, 'data: [DONE]\n\n']).failure).toBeUndefined();
  });

  it.each([
    ['data: {"type":"error","error":{"message":"no","code":"moderation_blocked"}}\n\n', 'content_filtered'],
    ['data: {"error":{"message":"slow down","type":"rate_limit_error"}}\n\n', 'upstream_rate_limited'],
    ['data: {"type":"image_generation.completed"\n\n', 'upstream_bad_reply'],
  ])('%s ends in a failure, after what was good', (frame, code) => {
    const ran = run(images(), [partial + frame]);

    expect(ran.text).toBe(partial);
    expect(ran.failure).toMatchObject({ code });
  });

  it('larger than the limit are refused', () => {
    const relay = createEventsRelay({ events: openaiSpeech.events ?? never(), maxFrameBytes: 100 });
    expect(run(relay, [`data: {"type":"speech.audio.delta","audio":"${'A'.repeat(200)}`]).failure).toMatchObject({
      code: 'upstream_bad_reply',
    });
  });
});

describe('bytes', () => {
  it('pass untouched', () => {
    expect(run(createBytesRelay(), ['ab', 'c'])).toEqual({ text: 'abc', failure: undefined });
  });

  it('that never come are no answer', () => {
    expect(run(createBytesRelay(), []).failure).toMatchObject({ code: 'upstream_bad_reply' });
  });

  it('as events are one base64 text, wherever they are cut', () => {
    for (const pieces of cuts('any audio')) {
      const { text } = run(createAudioEventsRelay({ ...noUsage, input: 3 }), pieces);
      const events = text
        .split('\n\n')
        .filter((frame) => frame !== '')
        .map((frame) => JSON.parse(frame.slice(6)) as { type: string; audio?: string });

      expect(Buffer.from(events.map(({ audio }) => audio ?? '').join(''), 'base64').toString()).toBe('any audio');
      expect(events.at(-1)).toEqual({ type: 'speech.audio.done', usage: { input_tokens: 3, output_tokens: 0, total_tokens: 3 } });
    }
  });
});

function never(): never {
  throw new Error('the grammar has events');
}
