// The headers of every call on a connection, computed once.
// Client credentials never travel upstream: only the headers listed here are forwarded, and only within their dialect.
import type { ClientDialectId } from '../canonical/chat.ts';
import type { AuthScheme, ProviderDefinition } from './provider.ts';

/** The parts of a configured connection that its headers depend on. */
export interface CallAccount {
  readonly apiKey?: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Replaces the provider's own scheme. */
  readonly auth?: AuthScheme;
}

/**
 * Names and values alternating, as undici takes them; frozen, to be computed once per connection.
 * The connection's own headers win over the provider's.
 */
export function requestHeaders(definition: ProviderDefinition, account: CallAccount): readonly string[] {
  const headers = new Map<string, string>([
    ['content-type', 'application/json'],
    ['user-agent', 'mpc-api'],
  ]);
  for (const [name, value] of Object.entries(definition.headers ?? {})) headers.set(name.toLowerCase(), value);
  const credentials = authHeader(account.auth ?? definition.auth, account.apiKey);
  if (credentials !== undefined) headers.set(credentials.name, credentials.value);
  for (const [name, value] of Object.entries(account.headers)) headers.set(name.toLowerCase(), value);
  return Object.freeze([...headers].flat());
}

function authHeader(scheme: AuthScheme, apiKey: string | undefined): { name: string; value: string } | undefined {
  if (apiKey === undefined || scheme.kind === 'none') return undefined;
  // An authorizer that declines leaves the key to go out as it is.
  if (scheme.kind === 'authorizer' && scheme.keyHeader !== undefined) return { name: scheme.keyHeader, value: apiKey };
  if (scheme.kind === 'bearer' || scheme.kind === 'authorizer') return { name: 'authorization', value: `Bearer ${apiKey}` };
  return { name: scheme.name.toLowerCase(), value: `${scheme.prefix ?? ''}${apiKey}` };
}

/** Client headers that mean something to an upstream of the same dialect. */
export const forwardedHeaders: Readonly<Partial<Record<ClientDialectId, readonly string[]>>> = {
  'anthropic-messages': ['anthropic-beta', 'anthropic-version'],
};
