import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Call } from './call.ts';
import { isOrdinary, keepAliveMs, packAnswer, takeHead } from './pack-answer.ts';
import { grammarOf } from './router.ts';

let server: Server | undefined;
afterEach(() => server?.close());

const body = Buffer.from('{"text":"Grüße 🌍"}');
const headers = ['content-type', 'application/json', 'x-mpc-model', 'a model', 'x-empty', ''];

function callOf(request: IncomingMessage, response: ServerResponse): Call {
  const path = request.url ?? '/';
  return new Call(request, response, { arrivedMs: 0, arrivedWallMs: 0, address: { path, params: {}, grammar: grammarOf(path) } });
}

/** What a client reads that sends all of this at once, until the server ends the connection. */
async function exchange(sent: string, answer: (call: Call) => void): Promise<string> {
  const started = createServer({ keepAliveTimeout: keepAliveMs }, (request, response) => {
    request.resume();
    answer(callOf(request, response));
  });
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  const { port } = started.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => socket.write(sent));
    socket.on('data', (piece: Buffer) => pieces.push(piece));
    socket.on('close', () => resolve(Buffer.concat(pieces).toString()));
    socket.on('error', reject);
  });
}

const get = (path: string, ...fields: string[]): string =>
  `GET ${path} HTTP/1.1\r\nhost: h\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`;
const last = get('/last', 'connection: close');

/** The answers that came before that of `last`. */
async function answersTo(sent: string, answer: (call: Call) => void): Promise<string> {
  const all = await exchange(sent + last, (call) => (call.path === '/last' ? call.json(200, {}) : answer(call)));
  return all.slice(0, all.lastIndexOf('HTTP/1.1 200'));
}

const undated = (text: string): string => text.replaceAll(/Date: .*GMT/g, 'Date: now').replaceAll(/req_\w*/g, 'req_');
const small = { status: 200, fields: [headers], body, bodyBytes: body.length };

describe('a packed answer', () => {
  it('is what Node would write, to the letter', async () => {
    const fields = ['x-request-id', 'req_', 'x-litellm-call-id', 'req_', 'content-length', String(body.length), ...headers];
    const plain = await answersTo(get('/'), (call) => void call.response.writeHead(200, fields).end(body));

    const packed = packAnswer({ ...small, fields: [fields] });
    server?.close();
    const sent = await answersTo(get('/'), (call) => call.bytes(200, body, headers));

    expect(undated(packed?.toString() ?? '')).toBe(undated(plain));
    expect(undated(sent)).toBe(undated(plain));
    expect(plain).toMatch(/Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/);
  });

  it('is taken by Node for an answer that it has written: the connection goes on, and the response is finished', async () => {
    const ends: string[] = [];
    const all = await answersTo(get('/one') + get('/two'), (call) => {
      const { request, response } = call;
      ends.push(`${call.path} ${isOrdinary(request, response)}`);
      response.on('close', () =>
        ends.push(`${call.path} closed, finished: ${response.writableFinished}, gone: ${call.interruption.error}`),
      );
      call.json(200, { path: call.path });
      expect(response.headersSent).toBe(true);
    });

    expect(all.match(/\{.*?\}/g)).toEqual(['{"path":"/one"}', '{"path":"/two"}']);
    // The second request came with the first, so its answer is Node's.
    expect(ends).toEqual([
      '/one true',
      '/two false',
      '/one closed, finished: true, gone: undefined',
      '/two closed, finished: true, gone: undefined',
    ]);
  });

  it('takes the head from the version of Node that runs', async () => {
    const taken: boolean[] = [];
    const all = await answersTo(get('/'), ({ response }) => {
      taken.push(takeHead(response, 200));
      response.socket?.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
      response.end();
    });

    expect(taken).toEqual([true]);
    expect(all).toBe('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
  });

  it('is sent once, whatever follows it', async () => {
    const all = await answersTo(get('/'), (call) => {
      call.json(200, 1);
      call.json(200, 2);
    });

    expect(all.endsWith('\r\n\r\n1')).toBe(true);
  });

  it('may be larger than what is left of the last slab', () => {
    const packed = Array.from({ length: 40 }, (_, index) => {
      const text = `${index}.`.padEnd(5_000, 'é');
      return packAnswer({ ...small, body: text, bodyBytes: Buffer.byteLength(text) })?.toString() ?? '';
    });

    expect(packed.map((text) => text.slice(text.indexOf('\r\n\r\n') + 4))).toEqual(
      Array.from({ length: 40 }, (_, index) => `${index}.`.padEnd(5_000, 'é')),
    );
  });
});

describe('a packed head of a stream', () => {
  const long = Buffer.from('a line of the answer\n'.repeat(4_000));
  const chunk = (bytes: Buffer | string): string => `${Buffer.byteLength(bytes).toString(16)}\r\n${bytes.toString()}\r\n`;

  it('is what Node would write, to the letter', async () => {
    const fields = ['x-request-id', 'req_', 'x-litellm-call-id', 'req_', ...headers];
    const plain = await answersTo(get('/'), ({ response }) => {
      response.writeHead(200, fields).write('data: é\n\n');
      response.end();
    });
    server?.close();

    const sent = await answersTo(get('/'), (call) => {
      const answer = call.startStream(200, headers);
      expect(call.response.headersSent).toBe(true);
      answer.write('data: é\n\n');
      answer.end();
    });

    expect(undated(sent)).toBe(undated(plain));
    expect(plain).toContain('Transfer-Encoding: chunked');
  });

  it('goes out before a first chunk of any kind, and once', async () => {
    const firsts = [Buffer.from('data: é\n\n'), 'data: Grüße 🌍\n\n', 'data: a\n\n', long];
    for (const first of firsts) {
      const sent = await answersTo(get('/'), (call) => {
        const answer = call.startStream(200, headers);
        answer.write('');
        answer.write(first);
        answer.write('data: b\n\n');
        answer.end('data: [DONE]\n\n');
      });
      server?.close();

      const end = sent.indexOf('\r\n\r\n') + 4;
      expect(sent.slice(0, end).match(/x-mpc-model/g)).toHaveLength(1);
      expect(sent.slice(end)).toBe(`${chunk(first)}${chunk('data: b\n\n')}${chunk('data: [DONE]\n\n')}0\r\n\r\n`);
    }
  });

  it('goes out with the end of a stream without chunks, and the connection goes on', async () => {
    const sent = await answersTo(get('/one') + get('/two'), (call) => {
      if (call.path === '/one') call.startStream(200, headers).end();
      else call.startStream(200, headers).end('data: [DONE]\n\n');
    });

    expect(sent.split('HTTP/1.1 200 OK').map((answer) => answer.slice(answer.indexOf('\r\n\r\n') + 4))).toEqual([
      expect.any(String),
      '0\r\n\r\n',
      `${chunk('data: [DONE]\n\n')}0\r\n\r\n`,
    ]);
  });
});

describe('left to Node is', () => {
  it.each([
    ['a value with a line break', { ...small, fields: [['x-a', 'b\r\nx-c: d']] }],
    ['a name with a line break', { ...small, fields: [['x-a\r\nx-c', 'd']] }],
    ['a name with a colon', { ...small, fields: [['x-a: b', 'c']] }],
    ['a value beyond ASCII', { ...small, fields: [['x-a', 'Grüße']] }],
    ['a large answer', { ...small, body: Buffer.alloc(20_000), bodyBytes: 20_000 }],
    ['an answer without a body', { ...small, status: 204 }],
    ['an unknown status', { ...small, status: 299 }],
  ])('%s', (_what, answer) => {
    expect(packAnswer(answer)).toBeUndefined();
  });

  it.each([
    ['HTTP/1.0', 'GET / HTTP/1.0\r\nhost: h\r\n\r\n', 'Connection: close'],
    ['a connection that shall end', get('/', 'connection: close'), 'Connection: close'],
    ['HEAD', 'HEAD / HTTP/1.1\r\nhost: h\r\n\r\n', 'Connection: keep-alive'],
    ['an announced body', get('/', 'expect: 100-continue'), 'HTTP/1.1 100 Continue'],
  ])('the answer to %s', async (_what, request, line) => {
    const ordinary: boolean[] = [];
    const all = await exchange(request + last, (call) => {
      ordinary.push(isOrdinary(call.request, call.response));
      call.bytes(200, body, headers);
    });

    expect(ordinary[0]).toBe(false);
    expect(all).toContain(`${line}\r\n`);
  });

  it('a head with fields that were set beforehand', async () => {
    const all = await answersTo(get('/'), (call) => {
      call.response.setHeader('vary', 'origin');
      call.bytes(200, body, headers);
    });

    expect(all).toContain('\r\nvary: origin\r\n');
  });

  it('a stream whose length is told, in letters of any case', async () => {
    for (const name of ['content-length', 'Content-Length']) {
      const all = await answersTo(get('/'), (call) => {
        const answer = call.startStream(200, [name, '4']);
        answer.write('ab');
        answer.end('cd');
      });
      server?.close();

      expect(all.slice(all.indexOf('\r\n\r\n') + 4)).toBe('abcd');
    }
  });

  it('a value that it refuses', async () => {
    const all = await answersTo(get('/'), (call) => {
      expect(() => call.bytes(200, body, ['x-a', 'b\nc'])).toThrow('Invalid character');
      call.bytes(500, body, []);
    });

    expect(all).toMatch(/^HTTP\/1\.1 500 /);
  });
});
