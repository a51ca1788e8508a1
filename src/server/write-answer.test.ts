import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { endWith, streamAnswer } from './write-answer.ts';

let server: Server | undefined;
afterEach(() => server?.close());

/** What stands on the wire when `answer` has served a request. */
async function wireOf(answer: (response: ServerResponse) => void, version = '1.1'): Promise<string> {
  const started = createServer((request, response) => {
    request.resume();
    answer(response);
  });
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  const { port } = started.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => socket.write(`GET / HTTP/${version}\r\nhost: h\r\nconnection: close\r\n\r\n`));
    socket.on('data', (piece: Buffer) => pieces.push(piece));
    socket.on('close', () => resolve(Buffer.concat(pieces).toString()));
    socket.on('error', reject);
  });
}

async function bodyOf(answer: (response: ServerResponse) => void, version?: string): Promise<string> {
  const wire = await wireOf(answer, version);
  return wire.slice(wire.indexOf('\r\n\r\n') + 4);
}

const long = Buffer.from('a line of the answer\n'.repeat(4_000));

describe('a stream', () => {
  it('is one chunk for each write, counted in bytes', async () => {
    const body = await bodyOf((response) => {
      response.writeHead(200);
      const answer = streamAnswer(response);
      answer.write('data: Grüße 🌍\n\n');
      answer.write(Buffer.from('data: é\n\n'));
      answer.write('');
      answer.end('data: [DONE]\n\n');
    });

    expect(body).toBe('14\r\ndata: Grüße 🌍\n\n\r\na\r\ndata: é\n\n\r\ne\r\ndata: [DONE]\n\n\r\n0\r\n\r\n');
  });

  it('passes chunks of any size whole', async () => {
    // Around each length that takes another digit, up to those that are not copied any more.
    const chunks = [1, 15, 16, 255, 256, 4_095, 4_096, 16_383, 16_384, 16_385, 65_536].map((size) => long.subarray(0, size));
    const body = await bodyOf((response) => {
      response.writeHead(200);
      const answer = streamAnswer(response);
      for (const chunk of chunks) answer.write(chunk);
      answer.end();
    });

    expect(body).toBe(`${chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk.toString()}\r\n`).join('')}0\r\n\r\n`);
  });

  it('is cut without a last chunk when it is broken off', async () => {
    const body = await bodyOf((response) => {
      response.writeHead(200);
      const answer = streamAnswer(response);
      answer.write('data: half\n\n');
      setTimeout(() => answer.abort?.(), 20);
    });

    expect(body).toBe('c\r\ndata: half\n\n\r\n');
  });

  it('has no chunks for a client that does not know them', async () => {
    const body = await bodyOf((response) => {
      response.writeHead(200);
      const answer = streamAnswer(response);
      answer.write('data: one\n\n');
      answer.end('data: two\n\n');
    }, '1.0');

    expect(body).toBe('data: one\n\ndata: two\n\n');
  });

  it('tells when the client is behind, and when it has caught up', async () => {
    const drained = await new Promise<boolean>((resolve, reject) => {
      const body = wireOf((response) => {
        response.writeHead(200);
        const answer = streamAnswer(response);
        let writes = 0;
        while (answer.write(long) && writes < 1_000) writes += 1;
        answer.onDrain(() => {
          resolve(writes < 1_000);
          answer.end();
        });
      });
      body.catch(reject);
    });

    expect(drained).toBe(true);
  });
});

describe('a whole answer', () => {
  it.each([
    ['a short buffer', Buffer.from('{"text":"Grüße 🌍"}')],
    ['a long buffer', long],
    ['a text', '{"text":"Grüße 🌍"}'],
  ])('goes out as it is: %s', async (_kind, body) => {
    const seen = await bodyOf((response) => {
      response.writeHead(200, { 'content-length': String(Buffer.byteLength(body)) });
      endWith(response, body);
    });

    expect(seen).toBe(body.toString());
  });
});
