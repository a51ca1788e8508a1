// Who is calling, by one function for every dialect and header form; and whether a browser was tricked into calling.
import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../core/errors.ts';
import type { Principal } from '../gateway/call.ts';
import type { AdminKey } from '../ledger/admin-key.ts';
import type { KeyRing } from '../ledger/key-ring.ts';

export interface Access {
  /** Throws missing_key or invalid_key; answers `open` where no key is needed. */
  authenticate(request: IncomingMessage): Principal;
  /** Who manages: `admin`, or `open` where nobody needs a key. Throws admin_required. */
  authenticateAdmin(request: IncomingMessage): Principal;
  /** The same, or a key that may manage the keys of its team. */
  authenticateManager(request: IncomingMessage): Principal;
  /** Refuses DNS rebinding and cross-site posts while the gateway is open. */
  assertBrowserSafe(request: IncomingMessage): void;
  /** True while no credential is needed. */
  isOpen(): boolean;
}

export interface AccessOptions {
  readonly keys: KeyRing;
  readonly admin: AdminKey;
  readonly host: string;
  readonly required: boolean;
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
}

/** Header forms in which a key may come, in the order they are tried. */
const keyHeaders = [
  'authorization',
  'x-api-key',
  'api-key',
  'x-goog-api-key',
  'xi-api-key',
  'x-portkey-api-key',
  'x-litellm-api-key',
] as const;
const schemes = /^(?:bearer|key|token)\s+/i;

export function createAccess(options: AccessOptions): Access {
  const { keys, admin } = options;
  const onLoopback = isLoopback(options.host);
  const hosts = new Set(options.allowedHosts.map((host) => host.toLowerCase()));
  const origins = new Set(options.allowedOrigins.map((origin) => origin.toLowerCase()));
  const keysRequired = (): boolean => options.required || !onLoopback || keys.hasKeys();

  function authenticateAdmin(request: IncomingMessage): Principal {
    if (admin.exists) {
      if (secretsOf(request).some((secret) => admin.isAdmin(secret))) return { id: 'admin' };
      throw new GatewayError('admin_required', 'this route needs the admin key (MPC_ADMIN_KEY, or the one shown at the first start)');
    }
    if (!keysRequired()) return { id: 'open' };
    throw new GatewayError(
      'admin_required',
      'no admin key is configured; set MPC_ADMIN_KEY, or manage keys with `mpc keys` on the machine itself',
    );
  }

  return {
    authenticate(request) {
      let sawSecret = false;
      for (const name of keyHeaders) {
        const value = request.headers[name];
        if (typeof value !== 'string' || value === '') continue;
        const secret = name === 'authorization' ? withoutScheme(value) : value;
        sawSecret = true;
        const principal = keys.findPrincipal(secret);
        if (principal !== undefined) return principal;
        if (admin.exists && admin.isAdmin(secret)) return { id: 'admin' };
      }
      // Google's REST examples put the key into the query. The admin key does not go there: addresses end up in logs.
      const inQuery = readQueryKey(request.url);
      const principal = inQuery === undefined ? undefined : keys.findPrincipal(inQuery);
      if (principal !== undefined) return principal;
      if (!keysRequired()) return { id: 'open' };
      if (!sawSecret && inQuery === undefined)
        throw new GatewayError('missing_key', 'no key was sent; send one as "Authorization: Bearer mpc-…" or "x-api-key"');
      throw new GatewayError('invalid_key', 'the key is unknown, expired or revoked; `mpc keys create --name NAME` makes a new one');
    },

    authenticateAdmin,

    authenticateManager(request) {
      for (const secret of secretsOf(request)) {
        const principal = keys.findPrincipal(secret);
        if (principal?.scopes?.includes('team-admin') === true && principal.owners.teamId !== undefined) return principal;
      }
      return authenticateAdmin(request);
    },

    assertBrowserSafe(request) {
      const host = request.headers.host ?? '';
      if (onLoopback && !keysRequired() && !isLocalName(hostName(host)) && !hosts.has(host.toLowerCase()) && !hosts.has(hostName(host))) {
        throw new GatewayError(
          'host_not_allowed',
          `this server does not answer to the host "${host.slice(0, 100)}"; use localhost, or set server.allowed_hosts`,
        );
      }
      const origin = request.headers.origin;
      if (origin === undefined || keysRequired() || origins.has(origin.toLowerCase()) || isSameOrigin(origin, host)) return;
      throw new GatewayError(
        'origin_not_allowed',
        `a page of ${origin.slice(0, 100)} may not call a gateway without keys; set server.allowed_origins or create a key`,
      );
    },

    isOpen: () => !keysRequired(),
  };
}

function readQueryKey(url: string | undefined): string | undefined {
  const mark = url?.indexOf('?') ?? -1;
  if (url === undefined || mark === -1 || !url.includes('key=', mark)) return undefined;
  return new URLSearchParams(url.slice(mark + 1)).get('key') || undefined;
}

function withoutScheme(value: string): string {
  return value.startsWith('Bearer mpc-') ? value.slice('Bearer '.length) : value.replace(schemes, '');
}

function secretsOf(request: IncomingMessage): string[] {
  const secrets: string[] = [];
  for (const name of keyHeaders) {
    const value = request.headers[name];
    if (typeof value === 'string' && value !== '') secrets.push(name === 'authorization' ? withoutScheme(value) : value);
  }
  return secrets;
}

export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  return name === 'localhost' || name === '::1' || /^127(?:\.\d{1,3}){3}$/.test(name);
}

function isLocalName(name: string): boolean {
  return isLoopback(name) || name.endsWith('.localhost');
}

/** `[::1]:3000` → `::1`, `localhost:3000` → `localhost`. */
function hostName(host: string): string {
  const bracketed = /^\[([^\]]+)\]/.exec(host)?.[1];
  return (bracketed ?? host.split(':', 1)[0] ?? '').toLowerCase();
}

function isSameOrigin(origin: string, host: string): boolean {
  try {
    return new URL(origin).host.toLowerCase() === host.toLowerCase();
  } catch {
    return false;
  }
}
