import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundaryOf } from './multipart-boundary.ts';
import { MultipartParser, type PartHead } from './multipart-parser.ts';
import { readForm, type ReceivedForm } from './multipart-read.ts';
import { type FormPart, writeMultipart } from './multipart-write.ts';

const limits = { totalBytes: 1_000_000, fieldBytes: 10_000, parts: 50, headerBytes: 4_096, memoryBytes: 1_000 };
const file = (name: string, data: Buffer, filename = 'a.bin'): FormPart => ({
  kind: 'file',
  name,
  file: { filename, mediaType: 'audio/wav', bytes: data.length, at: { kind: 'memory', data } },
});
const field = (name: string, value: string): FormPart => ({ kind: 'field', name, value });

function write(parts: readonly FormPart[]): { readonly bytes: Buffer; readonly contentType: string } {
  const written = writeMultipart(parts);
  const bytes = written.open();
  if (!Buffer.isBuffer(bytes)) throw new Error('a form in memory is one piece');
  expect(written.bytes).toBe(bytes.length);
  return { bytes, contentType: written.contentType };
}

interface Parsed {
  readonly head: PartHead;
  readonly content: Buffer;
}

/** The parts of a form that arrives in these pieces. */
function parse(pieces: readonly Buffer[], boundary: string): readonly Parsed[] {
  const parts: { head: PartHead; pieces: Buffer[] }[] = [];
  const parser = new MultipartParser(boundary, limits, {
    onPart: (head) => parts.push({ head, pieces: [] }),
    onData: (bytes) => parts.at(-1)?.pieces.push(Buffer.from(bytes)),
    onPartEnd: () => undefined,
  });
  for (const piece of pieces) parser.push(piece);
  parser.end();
  return parts.map(({ head, pieces: held }) => ({ head, content: Buffer.concat(held) }));
}

describe('a form', () => {
  const parts = [
    field('model', 'whisper-1'),
    file('file', Buffer.from('\r\n--mpc\r\n\r\n--'), 'ü "x".wav'),
    field('n', ''),
    file('file', Buffer.alloc(0)),
  ];

  it('is read as it was written, wherever the bytes are cut', () => {
    const { bytes, contentType } = write(parts);
    const boundary = boundaryOf(contentType) ?? '';
    const whole = parse([bytes], boundary);

    expect(whole.map(({ head }) => [head.name, head.filename])).toEqual([
      ['model', undefined],
      ['file', 'ü "x".wav'],
      ['n', undefined],
      ['file', 'a.bin'],
    ]);
    expect(whole.map(({ content }) => content.toString())).toEqual(['whisper-1', '\r\n--mpc\r\n\r\n--', '', '']);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      expect(parse([bytes.subarray(0, cut), bytes.subarray(cut)], boundary), `cut at ${cut}`).toEqual(whole);
    }
    expect(
      parse(
        [...bytes].map((byte) => Buffer.from([byte])),
        boundary,
      ),
    ).toEqual(whole);
  });

  it('keeps any content in any cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 90 }),
        (contents, step) => {
          // Pieces of the boundary itself are the hard case.
          const { bytes, contentType } = write(contents.map((content) => file('f', Buffer.from(content))));
          const pieces = Array.from({ length: Math.ceil(bytes.length / step) }, (_, at) => bytes.subarray(at * step, (at + 1) * step));

          const read = parse(pieces, boundaryOf(contentType) ?? '');

          expect(read.map(({ content }) => content)).toEqual(contents.map((content) => Buffer.from(content)));
        },
      ),
    );
  });

  it('that is cut off anywhere is refused', () => {
    const { bytes, contentType } = write(parts);
    const boundary = boundaryOf(contentType) ?? '';
    for (let length = 0; length < bytes.length - 2; length += 1) {
      expect(() => parse([bytes.subarray(0, length)], boundary), `after ${length} bytes`).toThrow(/form|body/);
    }
  });

  it('takes the names of older clients', () => {
    const head = (disposition: string): string | undefined =>
      parse([Buffer.from(`--b\r\nContent-Disposition: form-data; ${disposition}\r\n\r\nx\r\n--b--`)], 'b')[0]?.head.filename;

    expect(head('name="f"; filename="C:\\dir\\a.wav"')).toBe('a.wav');
    expect(head('name="f"; filename="../../etc/passwd"')).toBe('passwd');
    expect(head('name=f; filename=a.wav')).toBe('a.wav');
    expect(head('name="f"; filename="x"; filename*=UTF-8\'\'%C3%BC.wav')).toBe('ü.wav');
  });

  it('may begin with a preamble and end with an epilogue', () => {
    const body = 'to be ignored\r\n--b\r\ncontent-disposition: form-data; name="a"\r\n\r\nv\r\n--b--\r\nto be ignored\r\n--b\r\n';
    expect(parse([Buffer.from(body)], 'b')).toHaveLength(1);
  });
});

it.each([
  ['multipart/form-data; boundary=abc', 'abc'],
  ['Multipart/Form-Data; charset=x; boundary="a b"', 'a b'],
  ['multipart/form-data', undefined],
  ['multipart/form-data; boundary=', undefined],
  [`multipart/form-data; boundary=${'x'.repeat(71)}`, undefined],
  ['multipart/mixed; boundary=abc', undefined],
  ['application/json', undefined],
])('finds the boundary of %s', (type, boundary) => {
  expect(boundaryOf(type)).toBe(boundary);
});

describe('reading', () => {
  const folder = join(tmpdir(), `mpc-forms-${randomUUID()}`);
  const read = (parts: readonly FormPart[], more: Partial<typeof limits> = {}): Promise<ReceivedForm> => {
    const { bytes, contentType } = write(parts);
    return readForm(Readable.from([bytes.subarray(0, 100), bytes.subarray(100)]), { contentType, limits: { ...limits, ...more }, folder });
  };
  const left = (): readonly string[] => (existsSync(folder) ? readdirSync(folder) : []);

  it('keeps small files in memory', async () => {
    const form = await read([file('f', Buffer.from('small'))]);

    expect(form.parts[0]).toMatchObject({ kind: 'file', file: { bytes: 5, at: { kind: 'memory', data: Buffer.from('small') } } });
    expect(left()).toEqual([]);
  });

  it('keeps large files on disk, for this user alone, until they are discarded; and they can be sent twice', async () => {
    const data = Buffer.alloc(700_000, 'abc');
    const form = await read([file('f', data), field('model', 'm')]);
    const [part] = form.parts;
    const at = part?.kind === 'file' ? part.file.at : undefined;
    if (at?.kind !== 'file') throw new Error('it should lie on disk');

    expect(readFileSync(at.path).equals(data)).toBe(true);
    expect(at.head.equals(data.subarray(0, 4_096))).toBe(true);
    expect(statSync(at.path).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (let time = 0; time < 2; time += 1) {
      const written = writeMultipart(form.parts);
      const again: Buffer[] = [];
      // Copies: a piece's memory is used again.
      for await (const piece of written.open() as AsyncIterable<Buffer>) again.push(Buffer.from(piece));
      expect(Buffer.concat(again).length).toBe(written.bytes);
      expect(Buffer.concat(again).includes(data)).toBe(true);
    }
    await form.discard();
    expect(left()).toEqual([]);
  });

  it.each([
    ['too much', { totalBytes: 500_000 }, 'body_too_large'],
    ['too many parts', { parts: 1 }, 'invalid_request'],
    ['a long text', { fieldBytes: 3 }, 'invalid_request'],
    ['long headers', { headerBytes: 20 }, 'invalid_request'],
  ])('leaves nothing of a form with %s', async (_what, more, code) => {
    await expect(read([file('f', Buffer.alloc(600_000)), field('model', 'long text')], more)).rejects.toMatchObject({ code });
    expect(left()).toEqual([]);
  });

  it('leaves nothing of a form whose sender went away', async () => {
    const { bytes, contentType } = write([file('f', Buffer.alloc(600_000))]);
    const body = Readable.from(
      (async function* () {
        yield bytes.subarray(0, 300_000);
        throw new Error('aborted');
      })(),
    );

    await expect(readForm(body, { contentType, limits, folder })).rejects.toMatchObject({ code: 'client_gone' });
    expect(left()).toEqual([]);
  });
});

it('writes names that cannot end their header', () => {
  const { bytes } = write([file('a"\r\nx: y', Buffer.from('1'), 'b"\r\n.wav')]);

  expect(bytes.toString()).toContain('name="a%22%0D%0Ax: y"; filename="b%22%0D%0A.wav"');
});
