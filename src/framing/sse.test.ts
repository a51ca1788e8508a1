import { describe, expect, it } from 'vitest';
import { createRegionSplitter, createSseParser, encodeSse, type SseFrame } from './sse.ts';

function parse(pieces: readonly (string | Buffer)[], maxFrameBytes = 1_000): SseFrame[] {
  const frames: SseFrame[] = [];
  const parser = createSseParser({ maxFrameBytes });
  for (const piece of pieces) parser.push(Buffer.from(piece), (frame) => frames.push(frame));
  parser.end((frame) => frames.push(frame));
  return frames;
}

function split(pieces: readonly (string | Buffer)[], maxFrameBytes = 1_000): (string | undefined)[] {
  const splitter = createRegionSplitter({ maxFrameBytes });
  return [...pieces.map((piece) => splitter.push(Buffer.from(piece))), splitter.end()].map((region) => region?.toString('utf8'));
}

describe('encodeSse', () => {
  it('writes one frame with LF line ends', () => {
    expect(encodeSse('{}')).toBe('data: {}\n\n');
    expect(encodeSse('{}', 'ping')).toBe('event: ping\ndata: {}\n\n');
  });
});

describe('createSseParser', () => {
  it('reads LF, CRLF and CR line ends, also mixed and cut between CR and LF', () => {
    const frames = parse(['data: a\r', '\n\r', '\ndata: b\r\rdata: c\n\n']);

    expect(frames.map((frame) => frame.data)).toEqual(['a', 'b', 'c']);
  });

  it('joins the data lines of a frame and keeps its event name', () => {
    expect(parse(['event: note\ndata: one\ndata:two\n\n'])).toEqual([{ event: 'note', data: 'one\ntwo' }]);
  });

  it('drops comments and frames without data', () => {
    expect(parse([': OPENROUTER PROCESSING\n\n', 'event: ping\n\n', 'id: 1\nretry: 5\n\n', 'data: x\n\n'])).toEqual([
      { event: '', data: 'x' },
    ]);
  });

  it('takes a byte order mark off, also when it is cut', () => {
    expect(parse([Buffer.from([0xef]), Buffer.from([0xbb, 0xbf]), 'data: x\n\n'])).toEqual([{ event: '', data: 'x' }]);
  });

  it('keeps a character that is cut between two reads', () => {
    const bytes = Buffer.from('data: 💶\n\n');

    expect(parse([bytes.subarray(0, 8), bytes.subarray(8)])).toEqual([{ event: '', data: '💶' }]);
  });

  it('accepts a last frame without its blank line', () => {
    expect(parse(['data: x\n'])).toEqual([{ event: '', data: 'x' }]);
  });

  it('marks a last frame that ends inside its line', () => {
    expect(parse(['data: {"cho'])).toEqual([{ event: '', data: '{"cho', cut: true }]);
  });

  it('refuses a frame above the cap, in one line, in many, or unfinished', () => {
    const long = 'x'.repeat(60);

    expect(() => parse([`data: ${long}\n\n`], 50)).toThrow('larger than 50 bytes');
    expect(() => parse([`data: ${long.slice(30)}\ndata: ${long.slice(30)}\n\n`], 50)).toThrow('larger than 50 bytes');
    expect(() => parse(['data: ', long], 50)).toThrow('larger than 50 bytes');
    expect(parse([`data: ${long}\n\n`, `data: ${long}\n\n`], 66)).toHaveLength(2);
  });

  it('reads a 10 MB frame that comes in small reads', () => {
    const reads = Array.from({ length: 640 }, () => Buffer.alloc(16 * 1024, 'x'));

    const frames = parse(['data: ', ...reads, '\n\n'], 16 * 1024 * 1024);

    expect(frames[0]?.data.length).toBe(640 * 16 * 1024);
  });
});

describe('createRegionSplitter', () => {
  it('answers the very same buffer when a chunk ends on a border', () => {
    const chunk = Buffer.from('data: a\n\ndata: b\n\n');

    expect(createRegionSplitter({ maxFrameBytes: 100 }).push(chunk)).toBe(chunk);
  });

  it('holds a partial tail back until its frame is complete', () => {
    expect(split(['data: a\n\ndata: ', 'b', '\n\ndata: c\n\n'])).toEqual(['data: a\n\n', undefined, 'data: b\n\ndata: c\n\n', undefined]);
  });

  it('finds a border that is cut in its middle', () => {
    expect(split(['data: a\n', '\ndata: b', '\n', '\n'])).toEqual([undefined, 'data: a\n\n', undefined, 'data: b\n\n', undefined]);
  });

  it('completes a tail without its blank line at the end', () => {
    expect(split(['data: a\n\ndata: b'])).toEqual(['data: a\n\n', 'data: b\n\n']);
    expect(split(['data: b\n'])).toEqual([undefined, 'data: b\n\n']);
    expect(split(['data: a\n\n\n'])).toEqual(['data: a\n\n\n', undefined]);
  });

  it('re-frames CRLF and CR to LF and leaves the data bytes alone', () => {
    expect(split(['data: é\r\n\r', '\ndata: b\r\r'])).toEqual(['data: é\n\n', 'data: b\n\n', undefined]);
  });

  it('takes a byte order mark off the first region', () => {
    expect(split([Buffer.from([0xef, 0xbb]), Buffer.from([0xbf]), 'data: a\n\n'])).toEqual([
      undefined,
      undefined,
      'data: a\n\n',
      undefined,
    ]);
  });

  it('refuses a tail above the cap', () => {
    expect(() => split(['data: xxxx', 'xxxxxxxxxx'], 15)).toThrow('larger than 15 bytes');
  });
});
