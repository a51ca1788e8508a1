// Base URLs as people write them → as calls use them. They are used as given; only what an SDK's own convention leaves out is added.
import type { ProviderSettings } from '../providers/config.ts';

export type ReadBaseUrl = { readonly url: string } | { readonly wrong: string };

/**
 * Accepts `host:port` without a scheme too (OLLAMA_HOST is written so, 0.0.0.0 included).
 * The result has no trailing slash, query or fragment.
 */
export function readBaseUrl(text: string, provider: ProviderSettings): ReadBaseUrl {
  const given = text.trim();
  const bare = !/^[a-z][a-z0-9+.-]*:\/\//i.test(given);
  const url = URL.parse(bare ? `http://${given}` : given);
  if (url === null || url.hostname === '') return { wrong: 'must be an address such as https://host/v1' };
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return { wrong: 'must begin with http:// or https://' };
  if (url.username !== '' || url.password !== '') return { wrong: 'must not hold credentials; use api_key or headers' };
  if (url.search !== '' || url.hash !== '') return { wrong: 'must not have a query or fragment' };
  if (bare && url.port === '') url.port = URL.parse(provider.baseUrl ?? '')?.port ?? '';
  if (url.hostname === '0.0.0.0') url.hostname = '127.0.0.1';

  let path = url.pathname.replace(/\/+$/, '');
  if (provider.basePathCut !== undefined) path = path.replace(provider.basePathCut, '');
  if (path === '' && provider.defaultPath !== undefined) path = provider.defaultPath;
  if (provider.basePathEnd !== undefined && !path.endsWith(provider.basePathEnd)) path += provider.basePathEnd;
  return { url: url.origin + path };
}

/** Would a call to this address reach the gateway itself? Then every call would go round in a circle. */
export function isOwnAddress(baseUrl: string, server: { readonly host: string; readonly port: number }): boolean {
  const url = new URL(baseUrl);
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  if (server.port === 0 || port !== server.port) return false;
  const host = bareHost(url.hostname);
  return isLoopback(host) || host === bareHost(server.host);
}

/** Plain HTTP to a host that is not obviously one's own network: the key would travel readable. */
export function isExposed(baseUrl: string): boolean {
  const url = new URL(baseUrl);
  const host = bareHost(url.hostname);
  if (url.protocol === 'https:' || isLoopback(host) || !host.includes('.')) return false;
  return !/^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.|f[cd][0-9a-f]{2}:|fe80:)|\.(local|internal|lan|home\.arpa|invalid|test|svc|cluster\.local)$/.test(
    host,
  );
}

export function isLoopback(host: string): boolean {
  const bare = bareHost(host);
  return (
    bare === 'localhost' ||
    bare.endsWith('.localhost') ||
    bare === '::1' ||
    bare === '::' ||
    bare === '0.0.0.0' ||
    /^127(\.\d+){3}$/.test(bare)
  );
}

function bareHost(host: string): string {
  return host.replace(/^\[|\]$/g, '').toLowerCase();
}
