// Upstream bytes → client bytes for a streamed answer, in one of two ways: passed through and watched, or translated.
import type { ChatEvent } from '../canonical/chat.ts';
import type { Usage } from '../canonical/usage.ts';
import type { Warning } from '../canonical/warning.ts';
import { type GatewayError, toGatewayError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { ClientDialect, DecodeOptions, EventEncoder, StreamFacts, StreamWatcher, UpstreamDialect } from '../dialects/dialect.ts';
import { createRegionSplitter, createSseParser, type RegionSplitter } from '../framing/sse.ts';

export interface StreamRelay {
  /** Network bytes in any cut → whole frames for the client. A failure comes after the bytes before it. */
  push(bytes: Buffer): Relayed;
  /** The upstream has ended. */
  end(): Relayed;
  readonly facts: StreamFacts;
  /** The terminal frames after a failure, where the grammar's continue what was said. */
  readonly encodeFailure?: (error: GatewayError, requestId: string) => string;
}

export interface Relayed {
  readonly bytes?: Buffer | string | undefined;
  readonly failure?: GatewayError | undefined;
}

const nothing: Relayed = Object.freeze({ bytes: undefined, failure: undefined });

/** Same dialect on both sides: the provider's bytes as they came. */
export function createPassThrough(watcher: StreamWatcher, options: { readonly maxFrameBytes: number }): StreamRelay {
  return new PassThrough(watcher, createRegionSplitter(options));
}

class PassThrough implements StreamRelay {
  readonly facts: StreamFacts;
  readonly encodeFailure?: (error: GatewayError, requestId: string) => string;
  private readonly watcher: StreamWatcher;
  private readonly splitter: RegionSplitter;

  constructor(watcher: StreamWatcher, splitter: RegionSplitter) {
    this.facts = watcher.facts;
    this.watcher = watcher;
    this.splitter = splitter;
    if (watcher.encodeFailure !== undefined) {
      this.encodeFailure = (error, requestId) => watcher.encodeFailure?.(error, requestId) ?? '';
    }
  }

  push(bytes: Buffer): Relayed {
    try {
      return this.watch(this.splitter.push(bytes));
    } catch (thrown) {
      return { bytes: undefined, failure: toGatewayError(thrown) };
    }
  }

  end(): Relayed {
    return guard(() => {
      const tail = this.watch(this.splitter.end());
      // A frame whose rest never came says nothing; whether the answer is complete, its finish reason tells.
      const last = tail.failure?.code === 'upstream_bad_reply' ? nothing : tail;
      if (last.failure !== undefined) return last;
      const closing = guard(() => ({ bytes: this.watcher.end() }));
      return joinRelayed(last, closing);
    });
  }

  private watch(region: Buffer | undefined): Relayed {
    if (region === undefined) return nothing;
    const { forward, failure } = this.watcher.push(region);
    return { bytes: forward, failure };
  }
}

export interface TranslationOptions {
  readonly upstream: UpstreamDialect;
  readonly client: ClientDialect;
  readonly decode: DecodeOptions;
  readonly includeUsage: boolean;
  readonly model: string;
  readonly maxFrameBytes: number;
  readonly warnings: Warning[];
  readonly callerBody?: JsonObject;
  /** In place of one of its own: an answer that several upstreams write. */
  readonly encoder?: EventEncoder | undefined;
}

/** Two dialects: frames → events → frames. */
export function createTranslation(options: TranslationOptions): StreamRelay {
  const { framing } = options.upstream;
  const parser = (framing?.createFrameParser ?? createSseParser)({ maxFrameBytes: options.maxFrameBytes });
  const decoder = options.upstream.createEventDecoder(options.decode);
  const encoder =
    options.encoder ??
    options.client.createEventEncoder({
      model: options.model,
      includeUsage: options.includeUsage,
      warnings: options.warnings,
      ...(options.callerBody !== undefined && { callerBody: options.callerBody }),
    });
  const facts = new TranslatedFacts();
  let text = '';
  const emit = (event: ChatEvent): void => {
    facts.note(event);
    text += encoder.push(event);
  };
  const take = (failure?: GatewayError): Relayed => {
    const bytes = text;
    text = '';
    return { bytes, failure };
  };
  /** A decoder that has thrown is in no state to say that the answer is complete. */
  let broken: GatewayError | undefined;
  const run = (step: () => void): Relayed => {
    try {
      step();
      return take();
    } catch (thrown) {
      broken = toGatewayError(thrown);
      return take(broken);
    }
  };

  const complete = (): void => {
    text += encoder.end();
    facts.done = true;
  };

  return {
    facts,
    ...(encoder.encodeFailure !== undefined && {
      encodeFailure: (error: GatewayError, requestId: string) => encoder.encodeFailure?.(error, requestId) ?? '',
    }),
    push: (bytes) =>
      run(() => {
        if (facts.done) return;
        parser.push(bytes, (frame) => decoder.push(frame, emit));
        facts.told(decoder.usage);
        // Not at the end of the bytes only: a server that keeps its connection open would keep the client waiting.
        if (decoder.done) complete();
      }),
    end: () =>
      run(() => {
        if (facts.done) return;
        if (broken !== undefined) throw broken;
        parser.end((frame) => decoder.push(frame, emit));
        decoder.end(emit);
        complete();
      }),
  };
}

/** What the ledger needs to know about a translated stream. */
class TranslatedFacts implements StreamFacts {
  content = false;
  done = false;
  contentBytes = 0;
  contentFrames = 0;
  id?: string;
  model?: string;
  finish?: string;
  usage?: Usage;

  note(event: ChatEvent): void {
    switch (event.type) {
      case 'start':
        this.id = event.id;
        this.model = event.model;
        if (event.usage !== undefined) this.usage = event.usage;
        break;
      case 'text-delta':
      case 'reasoning-delta':
      case 'refusal-delta':
        this.count(event.text.length);
        break;
      case 'tool-call-delta':
        this.count(event.arguments.length);
        break;
      case 'tool-call-start':
      case 'reasoning-redacted':
      case 'opaque':
        this.count(0);
        break;
      case 'finish':
        this.finish = event.reason;
        break;
      case 'usage':
        this.usage = event.usage;
        break;
      case 'reasoning-signature':
      case 'block-end':
        break;
    }
  }

  told(usage: Usage | undefined): void {
    if (usage !== undefined) this.usage = usage;
  }

  private count(chars: number): void {
    this.content = true;
    this.contentBytes += chars;
    this.contentFrames += 1;
  }
}

function guard(step: () => Relayed): Relayed {
  try {
    return step();
  } catch (thrown) {
    return { failure: toGatewayError(thrown) };
  }
}

function joinRelayed(first: Relayed, second: Relayed): Relayed {
  const bytes =
    first.bytes === undefined || first.bytes.length === 0
      ? second.bytes
      : second.bytes === undefined || second.bytes.length === 0
        ? first.bytes
        : Buffer.concat([toBuffer(first.bytes), toBuffer(second.bytes)]);
  return { bytes, failure: second.failure };
}

const toBuffer = (bytes: Buffer | string): Buffer => (typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
