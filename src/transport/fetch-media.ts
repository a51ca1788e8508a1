// Pictures, sounds and documents at addresses that a caller named, for upstreams that cannot fetch them themselves. The caller
// chooses the address, so nothing about it is trusted: not its name, not where it redirects to, not its size, not its type.
import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, request } from './undici.ts';
import { GatewayError } from '../core/errors.ts';
import { isInside } from './post-webhook.ts';

export interface FetchedMedia {
  readonly mediaType: string;
  readonly data: Buffer;
}

export interface MediaFetcher {
  /** Rejects with `invalid_request` that says why the address is not read. */
  fetch(url: string): Promise<FetchedMedia>;
}

export interface MediaFetcherOptions {
  readonly maxBytes: number;
  /** For all of it, redirects included. */
  readonly timeoutMs: number;
  /** Hosts that may be inside the network: the operator's own file server. */
  readonly allowedHosts: readonly string[];
  /** How names are resolved; tests put their own in place. */
  readonly lookup?: LookupFunction;
}

const maxRedirects = 3;
const mediaTypes = /^(image|audio|video)\/[\w.+-]+$|^application\/pdf$|^text\/plain$/;

export function createMediaFetcher(options: MediaFetcherOptions): MediaFetcher {
  return {
    async fetch(url) {
      const signal = AbortSignal.timeout(options.timeoutMs);
      let target = url;
      for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
        const answer = await fetchOnce(target, signal, options);
        if ('data' in answer) return answer;
        target = answer.location;
      }
      throw refused(url, `it redirects more than ${maxRedirects} times`);
    },
  };
}

async function fetchOnce(
  url: string,
  signal: AbortSignal,
  options: MediaFetcherOptions,
): Promise<FetchedMedia | { readonly location: string }> {
  const target = checkAddress(url, options);
  const isAllowed = options.allowedHosts.includes(hostOf(target));
  // An agent for each: a kept connection would be used again without asking where it leads.
  const dispatcher = new Agent({
    connect: { timeout: options.timeoutMs, lookup: isAllowed ? (options.lookup ?? systemLookup) : guarded(options) },
  });
  try {
    const reply = await request(target, {
      dispatcher,
      signal,
      headers: { accept: 'image/*, audio/*, video/*, application/pdf', 'user-agent': 'mpc-api' },
      headersTimeout: options.timeoutMs,
      bodyTimeout: options.timeoutMs,
    });
    const { location, 'content-type': type, 'content-length': length } = reply.headers;
    if (reply.statusCode >= 300 && reply.statusCode < 400 && typeof location === 'string')
      return { location: resolveLocation(location, target) };
    if (reply.statusCode !== 200) throw refused(url, `it answered ${reply.statusCode}`);
    const mediaType = (typeof type === 'string' ? type : '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
    if (!mediaTypes.test(mediaType))
      throw refused(url, `its type is ${mediaType === '' ? 'not told' : mediaType.slice(0, 60)}, which is no picture, sound, video or PDF`);
    if (Number(length) > options.maxBytes) throw tooLarge(url, options.maxBytes);
    return { mediaType, data: await readBounded(reply.body, url, options.maxBytes) };
  } catch (thrown) {
    if (thrown instanceof GatewayError) throw thrown;
    const why = signal.aborted
      ? `it did not arrive within ${options.timeoutMs} ms`
      : thrown instanceof Error
        ? thrown.message
        : 'no reason given';
    throw refused(url, why, thrown);
  } finally {
    await dispatcher.destroy();
  }
}

function checkAddress(url: string, options: MediaFetcherOptions): URL {
  if (!URL.canParse(url)) throw refused(url, 'it is no address');
  const target = new URL(url);
  if (target.protocol !== 'https:' && target.protocol !== 'http:') throw refused(url, 'only http and https are fetched');
  if (target.username !== '' || target.password !== '') throw refused(url, 'it holds credentials');
  const host = hostOf(target);
  // An address needs no look-up, so the guard there would never see it.
  if (isIP(host) !== 0 && isInside(host) && !options.allowedHosts.includes(host)) throw refused(url, insideNetwork);
  return target;
}

const insideNetwork = 'it leads into the network of the gateway (media.allowed_hosts lets a host in)';
const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');

/** Decides at the moment of the connection: a name that was harmless when it was looked at may lead elsewhere a second later. */
function guarded({ lookup = systemLookup }: MediaFetcherOptions): LookupFunction {
  return (hostname, lookupOptions, callback) => {
    lookup(hostname, { ...lookupOptions, all: true }, (error, found) => {
      if (error !== null) return callback(error, []);
      const addresses = Array.isArray(found) ? found : [{ address: found, family: isIP(found) }];
      if (addresses.some(({ address }) => isInside(address))) return callback(new Error(insideNetwork), []);
      const [first] = addresses;
      if (first === undefined) return callback(new Error(`${hostname} has no address`), []);
      return lookupOptions.all === true ? callback(null, addresses) : callback(null, first.address, first.family);
    });
  };
}

function resolveLocation(location: string, from: URL): string {
  if (!URL.canParse(location, from.href)) throw refused(from.href, 'it redirects to something that is no address');
  return new URL(location, from).href;
}

async function readBounded(body: AsyncIterable<Buffer>, url: string, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(url, maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(url: string, maxBytes: number): GatewayError {
  return refused(url, `it is larger than ${Math.floor(maxBytes / (1024 * 1024))} MiB (media.max_mb)`);
}

/** The caller's own address is shown, never what it resolved to. */
function refused(url: string, why: string, cause?: unknown): GatewayError {
  return new GatewayError('invalid_request', `${url.slice(0, 200)} was not fetched: ${why}; send the content itself as a data URL`, {
    ...(cause !== undefined && { cause }),
  });
}
