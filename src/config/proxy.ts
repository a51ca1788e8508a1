// HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, lower case first as curl reads them.
import type { Environment } from './environment.ts';
import type { Problem } from './problems.ts';
import type { Settings } from './settings.ts';

export function readProxy(env: Environment, problems: Problem[]): Settings['proxy'] {
  const variable = (name: string): string | undefined =>
    [name.toLowerCase(), name].find((candidate) => (env[candidate] ?? '').trim() !== '');
  const address = (name: string): string | undefined => {
    const found = variable(name) ?? variable('ALL_PROXY');
    if (found === undefined) return undefined;
    const text = (env[found] ?? '').trim();
    const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
    if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) return url.href;
    // ALL_PROXY is often a SOCKS proxy meant for other programs. The value is not shown: proxies are written with passwords.
    if (found.toUpperCase() !== 'ALL_PROXY') {
      problems.push({ at: found, path: 'proxy', message: 'must be the address of an HTTP proxy such as http://proxy:3128' });
    }
    return undefined;
  };
  const [http, https] = [address('HTTP_PROXY'), address('HTTPS_PROXY')];
  const noProxyName = variable('NO_PROXY');
  const noProxy = noProxyName === undefined ? undefined : env[noProxyName]?.trim();
  if (http === undefined && https === undefined) return undefined;
  return {
    ...(http !== undefined && { http }),
    ...(https !== undefined && { https }),
    ...(noProxy !== undefined && { noProxy }),
  };
}
