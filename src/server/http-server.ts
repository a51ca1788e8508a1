// The HTTP door: limits, routing, authentication, errors; and leaving without dropping anybody.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Clock } from '../core/clock.ts';
import { GatewayError } from '../core/errors.ts';
import { atEndOfTurn } from '../core/end-of-turn.ts';
import { createServer } from '../core/node-http.ts';
import { Slots } from '../core/slots.ts';
import type { Access } from './auth.ts';
import { BodyRequest } from './body-request.ts';
import { type Address, Call } from './call.ts';
import type { Idempotency } from '../ledger/idempotency/idempotency.ts';
import { serveOnce } from './idempotent.ts';
import { type LoadGate, readPriority } from './load-gate.ts';
import { keepAliveMs } from './pack-answer.ts';
import { grammarOf, type Matched, type Router } from './router.ts';
import { createSlowBodies } from './slow-bodies.ts';

export interface HttpServerOptions {
  readonly router: Router;
  readonly access: Access;
  readonly clock: Clock;
  readonly load: LoadGate;
  readonly idempotency: Idempotency;
  /** The largest body that is read before its route does. */
  readonly bodyBytes: number;
  readonly headerTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  /** The same for multipart forms. */
  readonly uploadTimeoutMs: number;
  readonly allowedOrigins: readonly string[];
  readonly onBug: (error: unknown, requestId: string) => void;
}

export interface HttpServer {
  listen(port: number, host: string): Promise<AddressInfo>;
  /** Calls under way. */
  inFlight(): number;
  /** Accepts nothing new, lets calls end, and after the time limit ends the rest with a legal error. */
  drain(limitMs: number): Promise<void>;
}

const maxHeaderBytes = 64 * 1024;
const maxHeaders = 100;
const noParams: Readonly<Record<string, string>> = Object.freeze({});

export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { router, access, clock } = options;
  const live = new Slots<Call>();
  const sockets = new Set<Socket>();
  let draining = false;
  let onIdle: (() => void) | undefined;

  const slowBodies = createSlowBodies({ clock, bodyTimeoutMs: options.bodyTimeoutMs, calls: () => live.all(), refuse });
  const server: Server = createServer(
    {
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: options.headerTimeoutMs,
      requestTimeout: Math.max(options.bodyTimeoutMs, options.uploadTimeoutMs),
      connectionsCheckingInterval: 2_000,
      keepAliveTimeout: keepAliveMs,
      highWaterMark: 64 * 1024,
      noDelay: true,
      IncomingMessage: BodyRequest,
    },
    (request, response) => void handle(request, response),
  );
  // Beyond this many fields Node drops the rest silently; one more tells us that there were too many.
  server.maxHeadersCount = maxHeaders + 1;
  server.on('clientError', answerBrokenRequest);
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const arrivedMs = clock.monotonicMs();
    let matched: Matched | undefined;
    let problem: unknown;
    try {
      if (request.rawHeaders.length > maxHeaders * 2) {
        throw new GatewayError('invalid_request', `more than ${maxHeaders} header fields`, { status: 431 });
      }
      if (request.method === 'OPTIONS') return answerPreflight(request, response);
      matched = router.match(request.method ?? 'GET', pathOf(request));
    } catch (thrown) {
      problem = thrown;
    }
    const call = new Call(request, response, { arrivedMs, arrivedWallMs: clock.wallMs(), address: matched ?? unknownAddress(request) });
    const slot = live.add(call);
    let entered = false;
    try {
      if (draining) response.setHeader('connection', 'close');
      allowOrigin(request, response);
      admit(call, matched, problem);
      if (matched?.route.method === 'POST' && matched.route.access === 'key') {
        const turn = enter(call);
        if (turn !== undefined) await turn;
        entered = true;
      }
      if (matched !== undefined) await serve(call, matched);
    } catch (thrown) {
      if (!(thrown instanceof GatewayError)) options.onBug(thrown, call.id);
      // An unread body on a kept connection would be taken for the next request.
      if (!request.complete && !response.headersSent) response.setHeader('connection', 'close');
      call.fail(thrown);
    } finally {
      live.remove(slot);
      if (!request.complete) slowBodies.answered(call);
      if (entered) options.load.leave();
      if (live.size === 0) onIdle?.();
    }
  }

  // Apart from `handle`: closures in it would cost every call a context of its own.
  function enter(call: Call): Promise<void> | undefined {
    return options.load.enter(readPriority(call.request.headers['x-mpc-priority']), (gone) =>
      call.interruption.onInterrupt({ abort: gone }),
    );
  }

  function serve(call: Call, { route }: Matched): Promise<void> | void {
    const { method, headers } = call.request;
    const isOnce = method === 'POST' && headers['idempotency-key'] !== undefined && route.access === 'key';
    return isOnce ? serveOnce(call, () => route.handler(call), options) : route.handler(call);
  }

  function admit(call: Call, matched: Matched | undefined, problem: unknown): void {
    access.assertBrowserSafe(call.request);
    if (matched === undefined || matched.route.access === 'key') {
      call.principal = access.authenticate(call.request);
      call.authMs = clock.monotonicMs() - call.arrivedMs;
      // Reading is free to every valid key; what costs money is not.
      if (matched?.route.method === 'POST' && call.principal.scopes?.includes('calls') === false) {
        throw new GatewayError('scope_required', 'this key may read but not call models; use one with the scope "calls"');
      }
    } else if (matched.route.access === 'admin') call.principal = access.authenticateAdmin(call.request);
    else if (matched.route.access === 'manager') call.principal = access.authenticateManager(call.request);
    if (problem !== undefined) throw problem;
  }

  function allowOrigin(request: IncomingMessage, response: ServerResponse): boolean {
    const { origin } = request.headers;
    if (origin === undefined || !options.allowedOrigins.includes(origin)) return false;
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('vary', 'origin');
    return true;
  }

  function answerPreflight(request: IncomingMessage, response: ServerResponse): void {
    if (!allowOrigin(request, response)) {
      response.writeHead(403).end();
      return;
    }
    response.writeHead(204, {
      'access-control-allow-methods': 'GET, POST, DELETE',
      'access-control-allow-headers': request.headers['access-control-request-headers'] ?? '*',
      'access-control-max-age': '600',
    });
    response.end();
  }

  return {
    listen: (port, host) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, () => {
          server.off('error', reject);
          slowBodies.start();
          resolve(server.address() as AddressInfo);
        });
      }),
    inFlight: () => live.size,
    async drain(limitMs) {
      draining = true;
      server.close();
      server.closeIdleConnections();
      // A client that kept the connection would send its next request into nothing.
      for (const call of live.all()) if (!call.response.headersSent) call.response.setHeader('connection', 'close');
      const cancel = clock.after(limitMs, () => {
        const error = new GatewayError('shutting_down', 'the gateway is stopping and the drain time is over; send the request again');
        for (const call of live.all()) {
          call.interruption.interrupt(error);
          // A body that never ends: nothing else would, because a closed server no longer looks for slow requests.
          if (!call.request.complete) refuse(call, error);
        }
      });
      await new Promise<void>((resolve) => {
        onIdle = resolve;
        if (live.size === 0) resolve();
      });
      // The last answers are written at the end of the turn that made them, and told to the ledger right behind.
      await new Promise<void>(atEndOfTurn);
      cancel();
      slowBodies.stop();
      for (const socket of sockets) if (socket.writableLength === 0) socket.destroySoon();
    },
  };
}

function pathOf({ url = '/' }: IncomingMessage): string {
  const mark = url.indexOf('?');
  return mark === -1 ? url : url.slice(0, mark);
}

function unknownAddress(request: IncomingMessage): Address {
  const path = pathOf(request);
  return { path, params: noParams, grammar: grammarOf(path) };
}

/** Answers before the request is complete; then its reader is told that no more of it comes. */
function refuse(call: Call, error: GatewayError): void {
  if (call.response.headersSent) return;
  call.response.once('close', () => call.request.destroy());
  call.response.setHeader('connection', 'close');
  call.fail(error);
}

/** Requests that never became one: bad HTTP, too many header bytes, too slow. Answered on the bare socket. */
function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, reason, code, message] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? [431, 'Request Header Fields Too Large', 'invalid_request', 'the request headers are larger than 64 KiB']
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? [408, 'Request Timeout', 'request_timeout', 'the request arrived too slowly']
        : [400, 'Bad Request', 'invalid_request', 'this is not a valid HTTP request'];
  const body = JSON.stringify({ error: { message, type: 'invalid_request_error', code, param: null } });
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
