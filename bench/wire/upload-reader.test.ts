import { Buffer } from 'node:buffer';
import { expect, it } from 'vitest';
import { readUpload } from './upload-reader.ts';

const path = 'POST /v1/audio/transcriptions HTTP/1.1\r\n';
const file = 'sound'.repeat(200);

it.each([
  ['a length', `${path}Content-Length: ${file.length}\r\n\r\n${file}`],
  ['chunks', `${path}transfer-encoding: chunked\r\n\r\n3e8\r\n${file}\r\n0\r\n\r\n`],
])('is complete at the last byte of an upload with %s, wherever it is cut', (_, request) => {
  const bytes = Buffer.from(request);
  const headEnd = bytes.indexOf('\r\n\r\n') + 4;
  for (let cut = headEnd; cut < bytes.length; cut += 1) {
    const reader = readUpload(bytes.subarray(0, cut));

    expect(reader?.push(bytes.subarray(0, cut))).toBeUndefined();
    expect(reader?.push(bytes.subarray(cut))?.length).toBe(0);
  }
});

it('hands back what stands behind an upload', () => {
  const bytes = Buffer.from(`${path}content-length: 3\r\n\r\nabcPOST /next`);

  expect(readUpload(bytes)?.push(bytes)?.toString()).toBe('POST /next');
});

it('is for uploads with a complete head only', () => {
  expect(readUpload(Buffer.from(path))).toBeUndefined();
  expect(readUpload(Buffer.from('POST /v1/chat/completions HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}'))).toBeUndefined();
});
