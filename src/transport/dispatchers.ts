// One connection pool per configured connection: credentials of two accounts never share a socket.
import { readFileSync } from 'node:fs';
import { createConnector } from './connector.ts';
import { type Dispatcher, Pool, ProxyAgent } from './undici.ts';

export interface DispatcherOptions {
  /** Scheme, host and port of the base URL. */
  readonly origin: string;
  readonly connectMs: number;
  /** PEM file with the authority of a private server. */
  readonly caFile?: string;
  /** HTTP proxy towards this origin. */
  readonly proxyUrl?: string;
}

/** Idle sockets are closed before most servers close theirs; a reset on a reused socket is retried by routing. */
const keepAliveMs = 30_000;

export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const tls = options.caFile === undefined ? {} : { ca: readFileSync(options.caFile, 'utf8') };
  if (options.proxyUrl !== undefined) {
    return new ProxyAgent({
      uri: options.proxyUrl,
      requestTls: tls,
      connectTimeout: options.connectMs,
      keepAliveTimeout: keepAliveMs,
    }).compose((dispatch) => (request, handler) => dispatch({ ...request, origin: options.origin }, handler));
  }
  return new Pool(new KnownOrigin(options.origin), {
    // Aborted h2 requests have leaked memory in this library before; nothing here needs h2.
    connect: createConnector({ timeout: options.connectMs, allowH2: false, ...tls }),
    keepAliveTimeout: keepAliveMs,
    pipelining: 1,
  });
}

/** undici asks its URL for these several times per call, and a plain one puts them together anew each time. */
class KnownOrigin extends URL {
  override readonly origin: string;
  override readonly protocol: string;

  constructor(url: string) {
    super(url);
    const { origin, protocol } = new URL(url);
    this.origin = origin;
    this.protocol = protocol;
  }
}

/** Open and queued calls of a connection's pools, for the metrics; undefined for dispatchers without a pool. */
export function poolStats(
  dispatchers: readonly Dispatcher[],
): { readonly running: number; readonly queued: number; readonly free: number } | undefined {
  const pools = dispatchers.filter((dispatcher) => dispatcher instanceof Pool);
  if (pools.length === 0) return undefined;
  const sum = { running: 0, queued: 0, free: 0 };
  for (const { stats } of pools) {
    sum.running += stats.running;
    sum.queued += stats.queued;
    sum.free += stats.free;
  }
  return sum;
}

/** The proxy for an origin by the usual rules: NO_PROXY names win, then the scheme's own proxy. Loopback never goes through one. */
export function proxyFor(
  origin: string,
  proxy: { readonly http?: string; readonly https?: string; readonly noProxy?: string } | undefined,
): string | undefined {
  if (proxy === undefined) return undefined;
  const url = new URL(origin);
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (host === 'localhost' || host === '::1' || host.startsWith('127.')) return undefined;
  for (const entry of (proxy.noProxy ?? '').toLowerCase().split(/[\s,]+/)) {
    if (entry === '') continue;
    if (entry === '*') return undefined;
    const [name = '', port] = entry.split(/:(?=\d+$)/);
    const suffix = name.replace(/^\*?\./, '');
    const portMatches = port === undefined || port === (url.port || (url.protocol === 'https:' ? '443' : '80'));
    if (portMatches && (host === suffix || host.endsWith(`.${suffix}`))) return undefined;
  }
  return url.protocol === 'https:' ? proxy.https : proxy.http;
}
