// One document from an address the operator named: a price list. Bounded in size and time, redirects followed a few times.
import { request } from './undici.ts';
import { GatewayError } from '../core/errors.ts';
import { createDispatcher } from './dispatchers.ts';

export interface FetchTextOptions {
  readonly url: string;
  readonly maxBytes: number;
  readonly timeoutMs: number;
  /** The proxy for an origin, where there is one. */
  readonly proxyFor?: (origin: string) => string | undefined;
}

const maxRedirects = 3;

/** Throws `upstream_unreachable` or `upstream_rejected` that names the address. */
export async function fetchText(options: FetchTextOptions): Promise<string> {
  let url = options.url;
  for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
    const answer = await getOnce(url, options);
    if (answer.text !== undefined) return answer.text;
    url = answer.location;
  }
  throw new GatewayError('upstream_rejected', `${options.url} redirects more than ${maxRedirects} times`);
}

type Answer = { readonly text: string } | { readonly text?: undefined; readonly location: string };

async function getOnce(url: string, { maxBytes, timeoutMs, proxyFor }: FetchTextOptions): Promise<Answer> {
  const { origin, protocol } = new URL(url);
  if (protocol !== 'https:' && protocol !== 'http:') throw new GatewayError('invalid_request', `${url} is no http address`);
  const proxyUrl = proxyFor?.(origin);
  const dispatcher = createDispatcher({ origin, connectMs: timeoutMs, ...(proxyUrl !== undefined && { proxyUrl }) });
  try {
    const reply = await request(url, {
      dispatcher,
      headers: { accept: 'application/json' },
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      signal: AbortSignal.timeout(timeoutMs),
    });
    const location = reply.headers['location'];
    if (reply.statusCode >= 300 && reply.statusCode < 400 && typeof location === 'string') {
      await reply.body.dump();
      return { location: new URL(location, url).href };
    }
    if (reply.statusCode !== 200) throw new GatewayError('upstream_rejected', `${url} answered ${reply.statusCode}`);
    return { text: await readBounded(reply.body, url, maxBytes) };
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    throw new GatewayError(
      'upstream_unreachable',
      `${url} did not answer (${cause instanceof Error ? cause.message : 'no reason given'})`,
      {
        cause,
      },
    );
  } finally {
    await dispatcher.destroy();
  }
}

async function readBounded(body: AsyncIterable<Buffer>, url: string, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new GatewayError('upstream_rejected', `${url} is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
