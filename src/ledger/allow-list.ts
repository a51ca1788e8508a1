// Which models a key may use. Names are normalised once, when the list or the offer is first seen; a check is set look-ups.
import type { Offer } from '../catalog/catalog.ts';
import { GatewayError } from '../core/errors.ts';

export interface AllowList {
  readonly names: ReadonlySet<string>;
  /** `openai/*` → `openai/`. */
  readonly prefixes: readonly string[];
}

/**
 * Entries are aliases, canonical ids, provider ids (`openai/gpt-4o`), `model@provider` or model names, or a beginning
 * followed by `*` (`openai/*`, `claude-*`). Throws invalid_request for a `*` elsewhere and for empty names.
 */
export function compileAllowList(models: readonly string[]): AllowList {
  const names = new Set<string>();
  const prefixes: string[] = [];
  for (const entry of models) {
    const name = normalise(entry);
    const star = name.indexOf('*');
    if (name === '' || (star !== -1 && star !== name.length - 1)) {
      throw new GatewayError('invalid_request', `"${entry}" is not a model name; "*" may only stand at the end, as in "openai/*"`, {
        param: 'models',
      });
    }
    if (star === -1) names.add(name);
    else prefixes.push(name.slice(0, -1));
  }
  return { names, prefixes };
}

/**
 * May a key with this list use this offer? `alias` is the alias the caller asked by, if it was one: a key limited to
 * an alias reaches the models behind it by that alias only. undefined = no limit.
 */
export function mayUse(allowed: AllowList | undefined, offer: Offer, alias?: string): boolean {
  if (allowed === undefined) return true;
  if (alias !== undefined && mayUseName(allowed, alias)) return true;
  return namesOf(offer).some((name) => matches(allowed, name));
}

/** The same for a name alone, such as an alias in a listing. */
export function mayUseName(allowed: AllowList | undefined, name: string): boolean {
  return allowed === undefined || matches(allowed, normalise(name));
}

function matches(allowed: AllowList, name: string): boolean {
  return allowed.names.has(name) || allowed.prefixes.some((prefix) => name.startsWith(prefix));
}

const knownNames = new WeakMap<Offer, readonly string[]>();

function namesOf(offer: Offer): readonly string[] {
  let names = knownNames.get(offer);
  if (names === undefined) {
    names = [
      ...new Set([offer.canonicalId, offer.providerId, `${offer.model}@${offer.provider}`, offer.model, offer.wireId].map(normalise)),
    ];
    knownNames.set(offer, names);
  }
  return names;
}

function normalise(name: string): string {
  return name.trim().toLowerCase();
}
