import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { httpChunk, lastHttpChunk, streamEvents, streamHead, wholeAnswer, wholeBody } from './answers.ts';
import { createAnswerReader } from './answer-reader.ts';

const events = streamEvents({ dialect: 'openai', chunks: 5, usage: true });
const frames = [...events.opening, ...events.deltas, ...events.closing];
const chunked = Buffer.concat([streamHead('openai'), ...frames.map(httpChunk), lastHttpChunk]);

function readInPieces(answer: Buffer, cuts: readonly number[]): { complete: boolean[]; text: string; tail: string } {
  const reader = createAnswerReader();
  reader.reset({ collect: true });
  const borders = [0, ...cuts, answer.length];
  const complete = borders.slice(1).map((end, index) => {
    // Overwritten afterwards, as the shared read buffer of the load is.
    const piece = Buffer.from(answer.subarray(borders[index], end));
    const done = piece.length > 0 ? reader.push(piece) : false;
    piece.fill(0);
    return done;
  });
  return { complete, text: reader.text(), tail: reader.tail() };
}

it('reads the same body wherever a chunked answer is cut, and is complete only at its end', () => {
  for (let cut = 1; cut < chunked.length; cut += 1) {
    const { complete, text, tail } = readInPieces(chunked, [cut]);

    expect(complete).toEqual([false, true]);
    expect(text).toBe(frames.join(''));
    expect(text.endsWith(tail)).toBe(true);
  }
});

it('reads the same body of an answer with a length in any number of pieces', () => {
  const answer = wholeAnswer('anthropic');
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: answer.length - 1 })), (positions) => {
      const cuts = [...new Set(positions)].sort((a, b) => a - b);

      const { complete, text } = readInPieces(answer, cuts);

      expect(complete.indexOf(true)).toBe(cuts.length);
      expect(text).toBe(wholeBody('anthropic'));
    }),
  );
});

it('reads chunks that a proxy has cut elsewhere than the upstream did', () => {
  const body = Buffer.from(frames.join(''));
  const recut = Buffer.concat([
    streamHead('openai'),
    httpChunk(body.subarray(0, 7).toString()),
    httpChunk(body.subarray(7).toString()),
    lastHttpChunk,
  ]);

  expect(readInPieces(recut, []).text).toBe(frames.join(''));
});

it.each([
  ['bytes behind the end', Buffer.concat([chunked, Buffer.from('x')]), 'behind the end'],
  ['no framing', Buffer.from('HTTP/1.1 200 OK\r\n\r\nhello'), 'neither'],
  ['a chunk without a size', Buffer.concat([streamHead('openai'), Buffer.from('nonsense\r\n')]), 'bad chunk size'],
  ['a chunk longer than its size', Buffer.concat([streamHead('openai'), Buffer.from('2\r\nabc\r\n')]), 'longer than its size'],
  ['something else than HTTP/1.1', Buffer.from('HTTP/1.0 200 OK\r\n\r\n'), 'not an HTTP/1.1 answer'],
])('refuses %s', (_, answer, message) => {
  expect(() => readInPieces(answer, [])).toThrow(message);
});
