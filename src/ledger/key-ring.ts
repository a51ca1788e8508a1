// Virtual keys: made once and shown once, kept as digests, looked up from memory. Another process's changes hold within a second.
import { LRUCache } from 'lru-cache';
import type { Clock } from '../core/clock.ts';
import { GatewayError } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import { type AllowList, compileAllowList } from './allow-list.ts';
import { createSecret, type DigestSecret, hasSecretForm, hasSecretLength } from './key-secret.ts';
import type { KeyStore, StoredKey } from './key-store.ts';

/** What may be shown of a key. */
export interface Key {
  readonly id: string;
  readonly name: string;
  readonly last4: string;
  readonly models?: readonly string[];
  readonly createdMs: number;
  readonly expiresMs?: number;
  readonly revokedMs?: number;
}

/** A key that is valid at this moment. */
export interface ActiveKey extends Key {
  /** `key:<id>`, as entries name who pays. */
  readonly principal: string;
  /** undefined = every model. */
  readonly allowed?: AllowList;
}

export interface NewKey {
  readonly name: string;
  readonly models?: readonly string[];
  readonly expiresMs?: number;
}

export interface KeyRing {
  /** The only moment at which the secret exists outside the client. */
  createKey(wish: NewKey): { readonly key: Key; readonly secret: string };
  /** The key of this secret if it exists, is not revoked and has not expired. */
  findKey(secret: string): ActiveKey | undefined;
  listKeys(): readonly Key[];
  /** undefined = no such id. */
  revokeKey(id: string): Key | undefined;
  /** Was any key ever created, revoked ones included? */
  hasKeys(): boolean;
}

export interface KeyRingOptions {
  readonly store: KeyStore;
  readonly digest: DigestSecret;
  readonly clock: Clock;
}

const cachedKeys = 50_000;
// How long a revocation in another process may go unnoticed.
const versionCheckMs = 1_000;
const nameLimit = 200;

export function createKeyRing({ store, digest, clock }: KeyRingOptions): KeyRing {
  // By the whole secret: a digest per request costs more than everything else about a key. The secrets of live requests are
  // in memory anyway; what is at rest are digests only.
  const cache = new LRUCache<string, ActiveKey>({ max: cachedKeys });
  let anyKeys: boolean | undefined;
  let version = store.keysVersion();
  let checkedMs = clock.monotonicMs();

  /** After every change, our own too: the new version may hide another process's change that came just before. */
  function forget(): void {
    version = store.keysVersion();
    cache.clear();
    anyKeys = undefined;
  }

  function forgetWhenChanged(): void {
    const nowMs = clock.monotonicMs();
    if (nowMs - checkedMs < versionCheckMs) return;
    checkedMs = nowMs;
    if (store.keysVersion() !== version) forget();
  }

  function load(secret: string): ActiveKey | undefined {
    if (!hasSecretForm(secret)) return undefined;
    const stored = store.findKeyByDigest(digest(secret));
    if (stored === undefined || stored.revokedMs !== undefined) return undefined;
    const key = toActive(stored);
    cache.set(secret, key);
    return key;
  }

  return {
    createKey(wish) {
      const name = wish.name.trim();
      if (name === '' || name.length > nameLimit) {
        throw new GatewayError('invalid_request', `a key needs a name of 1 to ${nameLimit} characters`, { param: 'name' });
      }
      const nowMs = clock.wallMs();
      if (wish.expiresMs !== undefined && !(wish.expiresMs > nowMs)) {
        throw new GatewayError('invalid_request', 'the expiry lies in the past; give a time to come', { param: 'expires' });
      }
      // An empty list would be a key for nothing: almost certainly a mistake, and never "every model".
      if (wish.models?.length === 0) {
        throw new GatewayError('invalid_request', 'the list of models is empty; name at least one or leave it out', { param: 'models' });
      }
      if (wish.models !== undefined) compileAllowList(wish.models);
      const secret = createSecret();
      const stored: StoredKey = {
        id: newId('key'),
        name,
        digest: digest(secret),
        last4: secret.slice(-4),
        createdMs: nowMs,
        ...(wish.models !== undefined && { models: wish.models }),
        ...(wish.expiresMs !== undefined && { expiresMs: wish.expiresMs }),
      };
      store.insertKey(stored);
      forget();
      return { key: toKey(stored), secret };
    },

    findKey(secret) {
      if (!hasSecretLength(secret)) return undefined;
      forgetWhenChanged();
      const key = cache.get(secret) ?? load(secret);
      return key?.expiresMs !== undefined && key.expiresMs <= clock.wallMs() ? undefined : key;
    },

    listKeys: () => store.listKeys().map(toKey),

    revokeKey(id) {
      const revoked = store.revokeKey(id, clock.wallMs());
      if (revoked === undefined) return undefined;
      forget();
      return toKey(revoked);
    },

    hasKeys() {
      forgetWhenChanged();
      anyKeys ??= store.hasKeys();
      return anyKeys;
    },
  };
}

function toKey(stored: StoredKey): Key {
  const { id, name, last4, models, createdMs, expiresMs, revokedMs } = stored;
  return {
    id,
    name,
    last4,
    ...(models !== undefined && { models }),
    createdMs,
    ...(expiresMs !== undefined && { expiresMs }),
    ...(revokedMs !== undefined && { revokedMs }),
  };
}

function toActive(stored: StoredKey): ActiveKey {
  return {
    ...toKey(stored),
    principal: `key:${stored.id}`,
    ...(stored.models !== undefined && { allowed: compileAllowList(stored.models) }),
  };
}
