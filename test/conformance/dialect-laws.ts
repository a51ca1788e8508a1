// The laws every chat dialect keeps on raw stream bytes, whatever pieces the network makes of them. Each dialect's suite runs them
// over hand-written streams, and over recorded ones where the machine has them.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ChatEvent } from '../../src/canonical/chat.ts';
import { GatewayError } from '../../src/core/errors.ts';
import type { ChatDialect, DecodeOptions, StreamFacts } from '../../src/dialects/dialect.ts';
import { createRegionSplitter, createSseParser } from '../../src/framing/sse.ts';

const maxFrameBytes = 16 * 1024 * 1024;

/** Bytes in these pieces through framing and decoder. */
export function decodeBytes(dialect: ChatDialect, pieces: readonly Buffer[], options?: DecodeOptions): ChatEvent[] {
  const events: ChatEvent[] = [];
  const emit = (event: ChatEvent): void => {
    events.push(event);
  };
  const decoder = dialect.createEventDecoder(options);
  const parser = createSseParser({ maxFrameBytes });
  for (const piece of pieces) parser.push(piece, (frame) => decoder.push(frame, emit));
  parser.end((frame) => decoder.push(frame, emit));
  decoder.end(emit);
  return events;
}

export interface Watched {
  readonly forwarded: string;
  readonly facts: StreamFacts;
  readonly failure?: GatewayError;
}

export interface WatchOptions {
  readonly includeUsage: boolean;
  readonly decode?: DecodeOptions;
}

/** Bytes in these pieces through the splitter and the watcher, as the gateway passes a same-dialect stream on. */
export function watchBytes(dialect: ChatDialect, pieces: readonly Buffer[], options: WatchOptions = { includeUsage: true }): Watched {
  const watcher = dialect.createStreamWatcher(options);
  const splitter = createRegionSplitter({ maxFrameBytes });
  const out: Buffer[] = [];
  const forwarded = (): string => Buffer.concat(out).toString('utf8');
  try {
    for (const region of [...pieces.map((piece) => splitter.push(piece)), splitter.end()]) {
      if (region === undefined) continue;
      const { forward, failure } = watcher.push(region);
      if (forward !== undefined) out.push(forward);
      if (failure !== undefined) return { forwarded: forwarded(), facts: { ...watcher.facts }, failure };
    }
    out.push(Buffer.from(watcher.end()));
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown;
    return { forwarded: forwarded(), facts: { ...watcher.facts }, failure: thrown };
  }
  return { forwarded: forwarded(), facts: { ...watcher.facts } };
}

/** Events as a client would sum them up: neighbouring deltas joined, so that only the meaning is compared. */
export function joinDeltas(events: readonly ChatEvent[]): ChatEvent[] {
  const joined: ChatEvent[] = [];
  for (const event of events) {
    const last = joined[joined.length - 1];
    if (last !== undefined && 'block' in last && 'block' in event && last.block === event.block && last.type === event.type) {
      if ('text' in last && 'text' in event) joined[joined.length - 1] = { ...last, text: last.text + event.text };
      else if ('arguments' in last && 'arguments' in event) {
        joined[joined.length - 1] = { ...last, arguments: last.arguments + event.arguments };
      } else joined.push(event);
    } else joined.push(event);
  }
  return joined;
}

function cutAt(bytes: Buffer, at: number): Buffer[] {
  return [bytes.subarray(0, at), bytes.subarray(at)];
}

function inSingleBytes(bytes: Buffer): Buffer[] {
  return Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
}

export interface LawfulStream {
  readonly name: string;
  readonly bytes: Buffer;
  /** Offset from which on a cut leaves a complete answer: behind the frame with the last finish reason. */
  readonly completeFrom?: number;
  readonly decode?: DecodeOptions;
}

/** Longer streams are cut in two at 200 places instead of everywhere, as each cut costs a whole decoding; single bytes cut everywhere at once. */
const everywhereBytes = 3_000;

function cutsOf(bytes: Buffer): number[] {
  if (bytes.length <= everywhereBytes) return Array.from({ length: bytes.length + 1 }, (_, at) => at);
  const step = Math.ceil(bytes.length / 200);
  return Array.from({ length: Math.floor(bytes.length / step) }, (_, at) => at * step + (at % step));
}

/** Registers one test for each law. */
export function itKeepsStreamLaws(dialect: ChatDialect, stream: LawfulStream): void {
  const { bytes, name } = stream;
  const options = { includeUsage: true, ...(stream.decode !== undefined && { decode: stream.decode }) };

  it(`${name}: decodes to the same events wherever the bytes are cut`, () => {
    const whole = decodeBytes(dialect, [bytes], stream.decode);

    expect(decodeBytes(dialect, inSingleBytes(bytes), stream.decode)).toEqual(whole);
    for (const at of cutsOf(bytes)) {
      expect(decodeBytes(dialect, cutAt(bytes, at), stream.decode), `cut at ${at}`).toEqual(whole);
    }
  });

  it(`${name}: forwards the same bytes and sees the same facts wherever the bytes are cut`, () => {
    const whole = watchBytes(dialect, [bytes], options);

    expect(watchBytes(dialect, inSingleBytes(bytes), options)).toEqual(whole);
    for (const at of cutsOf(bytes)) {
      expect(watchBytes(dialect, cutAt(bytes, at), options), `cut at ${at}`).toEqual(whole);
    }
  });

  it(`${name}: survives any way of cutting into pieces`, () => {
    const whole = watchBytes(dialect, [bytes], options);

    fc.assert(
      fc.property(fc.array(fc.nat({ max: bytes.length }), { maxLength: 12 }), (cuts) => {
        const sorted = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const pieces = sorted.slice(1).map((end, at) => bytes.subarray(sorted[at], end));
        expect(watchBytes(dialect, pieces, options)).toEqual(whole);
      }),
      { numRuns: 50 },
    );
  });

  it(`${name}: watcher and decoder agree on usage and completeness`, () => {
    const usage = decodeBytes(dialect, [bytes], stream.decode).findLast((event) => event.type === 'usage')?.usage;
    const watched = watchBytes(dialect, [bytes], options);

    expect(watched.failure).toBeUndefined();
    expect(watched.facts.usage).toEqual(usage);
    expect(watched.facts.done).toBe(true);
  });

  it(`${name}: refuses the stream when it ends too early`, () => {
    const border = stream.completeFrom ?? 0;
    for (const at of cutsOf(bytes).filter((cut) => cut < border)) {
      const cut = [bytes.subarray(0, at)];

      expect(() => decodeBytes(dialect, cut, stream.decode), `cut at ${at}`).toThrow(GatewayError);
      expect(watchBytes(dialect, cut, options).failure, `cut at ${at}`).toBeInstanceOf(GatewayError);
    }
  });
}
