// Short looks at an address for `mpc doctor`: is a port free, does an upstream answer. Nothing here is on a request's path.
import { createServer } from 'node:net';
import { request } from './undici.ts';
import { systemClock } from '../core/clock.ts';
import { isObject, tryParseJson } from '../core/json.ts';
import { type Authorizer, withAuthorizer } from './authorize.ts';
import { createDispatcher } from './dispatchers.ts';

export type PortState = 'free' | 'taken' | 'gateway' | 'forbidden';

export async function probePort(host: string, port: number): Promise<PortState> {
  const state = await tryToListen(host, port);
  return state === 'taken' && (await isGateway(host, port)) ? 'gateway' : state;
}

function tryToListen(host: string, port: number): Promise<PortState> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EADDRINUSE' ? 'taken' : 'forbidden'));
    server.listen(port, host, () => server.close(() => resolve('free')));
  });
}

async function isGateway(host: string, port: number): Promise<boolean> {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  try {
    const url = `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}/health`;
    const reply = await request(url, { headersTimeout: patienceMs, bodyTimeout: patienceMs });
    const health = tryParseJson(await reply.body.text());
    return isObject(health) && health['service'] === 'mpc-api';
  } catch {
    return false;
  }
}

export type ProbeResult =
  | { readonly kind: 'answered'; readonly status: number; readonly elapsedMs: number }
  | { readonly kind: 'failed'; readonly message: string };

export interface ProbeRequest {
  readonly url: string;
  /** Flat name, value, name, value … */
  readonly headers: readonly string[];
  readonly caFile?: string;
  readonly proxyUrl?: string;
  readonly authorizer?: Authorizer;
}

const patienceMs = 10_000;

/** One GET; any HTTP status is an answer. */
export async function probeUrl({ url, headers, caFile, proxyUrl, authorizer }: ProbeRequest): Promise<ProbeResult> {
  const startedMs = systemClock.monotonicMs();
  try {
    const { origin } = new URL(url);
    const pool = createDispatcher({
      origin,
      connectMs: patienceMs,
      ...(caFile !== undefined && { caFile }),
      ...(proxyUrl !== undefined && { proxyUrl }),
    });
    const dispatcher = authorizer === undefined ? pool : withAuthorizer(pool, origin, authorizer);
    try {
      const reply = await request(url, { headers: [...headers], dispatcher, headersTimeout: patienceMs, bodyTimeout: patienceMs });
      await reply.body.dump();
      return { kind: 'answered', status: reply.statusCode, elapsedMs: systemClock.monotonicMs() - startedMs };
    } finally {
      await pool.destroy();
    }
  } catch (cause) {
    return { kind: 'failed', message: reasonOf(cause) };
  }
}

/** Both address families failing come as one error without a message of its own. */
function reasonOf(cause: unknown): string {
  if (cause instanceof AggregateError) return reasonOf(cause.errors[0]);
  return cause instanceof Error ? cause.message : String(cause);
}
