// A proxy of node:http and undici dispatch and nothing else, for orientation in the benchmark.
// Usage: node bare-node.ts PORT UPSTREAM_PORT
import { Buffer } from 'node:buffer';
import { createServer, type ServerResponse } from 'node:http';
import { Pool } from 'undici';

const [port, upstreamPort] = process.argv.slice(2).map(Number);
const upstream = new Pool(`http://127.0.0.1:${upstreamPort}`, { connections: null, pipelining: 1 });

/** Joins what arrives in one tick into one write: a system call per tick instead of one per chunk. */
function joinWrites(response: ServerResponse): { write(bytes: Buffer): void; end(): void } {
  let waiting: Buffer[] = [];
  const flush = () => {
    if (waiting.length === 0) return;
    response.write(waiting.length === 1 ? waiting[0] : Buffer.concat(waiting));
    waiting = [];
  };
  return {
    write(bytes) {
      waiting.push(bytes);
      if (waiting.length === 1) setImmediate(flush);
    },
    end() {
      const rest = waiting;
      waiting = [];
      if (rest.length === 0) response.end();
      else response.end(rest.length === 1 ? rest[0] : Buffer.concat(rest));
    },
  };
}

const server = createServer((request, response) => {
  const body: Buffer[] = [];
  request.on('data', (bytes: Buffer) => body.push(bytes));
  request.on('end', () => {
    const writes = joinWrites(response);
    upstream.dispatch(
      {
        path: request.url ?? '/',
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: request.headers.authorization ?? '' },
        body: Buffer.concat(body),
      },
      {
        onRequestStart(controller) {
          // Without this a client that leaves would keep its upstream call running.
          response.on('close', () => {
            if (!response.writableFinished) controller.abort(new Error('client gone'));
          });
        },
        onResponseStart(_controller, status, headers) {
          const { 'transfer-encoding': _encoding, connection: _connection, 'keep-alive': _keepAlive, ...kept } = headers;
          response.writeHead(status, kept);
        },
        onResponseData(_controller, bytes) {
          writes.write(bytes);
        },
        onResponseEnd() {
          writes.end();
        },
        onResponseError() {
          if (!response.headersSent) response.writeHead(502);
          response.end();
        },
      },
    );
  });
});
server.keepAliveTimeout = 600_000;
server.listen(port, '127.0.0.1');
