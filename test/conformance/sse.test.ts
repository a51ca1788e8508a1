// Our SSE reader against the reference implementation that the AI SDKs use, over random streams in random pieces.
import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRegionSplitter, createSseParser, type SseFrame } from '../../src/framing/sse.ts';

const maxFrameBytes = 1 << 20;

function parseInPieces(pieces: readonly Buffer[]): SseFrame[] {
  const frames: SseFrame[] = [];
  const parser = createSseParser({ maxFrameBytes });
  for (const piece of pieces) parser.push(piece, (frame) => frames.push(frame));
  parser.end((frame) => frames.push(frame));
  return frames;
}

function parseByReference(text: string): SseFrame[] {
  const frames: SseFrame[] = [];
  const parser = createParser({ onEvent: ({ event, data }) => frames.push({ event: event ?? '', data }) });
  parser.feed(text);
  return frames;
}

const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
const value = fc
  .oneof(fc.constantFrom('', ' ', ':', '{"a":1}', '  x', 'naïve 💶', 'data: y', '[DONE]'), fc.string({ maxLength: 12, unit: 'grapheme' }))
  .map((text) => text.replace(/[\r\n\uFEFF]/g, ''));
const field = fc.constantFrom('data:', 'data: ', 'event:', 'event: ', 'id: ', 'retry: ', ':', ': ', 'other: ', 'data', 'event');
const line = fc.tuple(field, value).map(([name, text]) => (name === 'data' || name === 'event' ? name : name + text));
const frame = fc.tuple(fc.array(fc.tuple(line, lineEnd), { maxLength: 4 }), lineEnd);
const stream = fc
  .tuple(fc.boolean(), fc.array(frame, { maxLength: 6 }))
  .map(
    ([bom, frames]) => (bom ? '\uFEFF' : '') + frames.map(([lines, end]) => lines.map(([text, lf]) => text + lf).join('') + end).join(''),
  );

function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const sorted = [0, ...cuts.map((at) => at % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return sorted.slice(1).map((end, at) => bytes.subarray(sorted[at], end));
}

describe('the SSE reader', () => {
  it('reads what the reference implementation reads, in any pieces', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(), { maxLength: 8 }), (text, cuts) => {
        // The reference keeps a frame without its blank line; ours accepts it at the end.
        const complete = `${text}\n\n`;

        expect(parseInPieces(cut(Buffer.from(complete), cuts))).toEqual(parseByReference(complete));
      }),
      { numRuns: 1_000 },
    );
  });

  it('reads the same after the region splitter as without it', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(), { maxLength: 8 }), (text, cuts) => {
        const pieces = cut(Buffer.from(text), cuts);
        const splitter = createRegionSplitter({ maxFrameBytes });

        const regions = [...pieces.map((piece) => splitter.push(piece)), splitter.end()].filter((region) => region !== undefined);

        for (const region of regions) expect(region.subarray(-2).toString() === '\n\n' || region.toString() === '\n').toBe(true);
        const direct = parseInPieces(pieces).map(({ event, data }) => ({ event, data }));
        expect(parseInPieces(regions)).toEqual(direct);
      }),
      { numRuns: 1_000 },
    );
  });
});
