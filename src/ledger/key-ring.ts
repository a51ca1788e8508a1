// Virtual keys: made once and shown once, kept as digests, looked up from memory. Another process's changes hold within a second.
import { Buffer } from 'node:buffer';
import type { Clock } from '../core/clock.ts';
import { GatewayError } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import { type AllowList, compileAllowList } from './allow-list.ts';
import { createSecret, type DigestSecret, hasSecretForm, hasSecretLength } from './key-secret.ts';
import type { KeyChanges, KeyStore, StoredKey } from './key-store.ts';
import type { OwnerChain, Scope } from './owners/owner.ts';
import type { OwnerStore } from './owners/owner-store.ts';

/** What may be shown of a key. */
export interface Key {
  readonly id: string;
  readonly name: string;
  readonly last4: string;
  readonly models?: readonly string[];
  readonly createdMs: number;
  readonly expiresMs?: number;
  readonly revokedMs?: number;
  readonly userId?: string;
  readonly teamId?: string;
  readonly organisationId?: string;
  readonly tags?: readonly string[];
  readonly scopes?: readonly Scope[];
  /** After a rotation: until then the secret before opens too. */
  readonly previousUntilMs?: number;
}

/** Who pays with a key that is valid at this moment; the same object for as long as the key is remembered. */
export interface KeyPrincipal {
  /** `key:<id>`, as entries name who pays. */
  readonly id: string;
  /** undefined = every model. */
  readonly allowed: AllowList | undefined;
  /** Everybody who answers for its calls; one object for as long as the key is remembered. */
  readonly owners: OwnerChain;
  readonly scopes: readonly Scope[] | undefined;
  /** From then on the secret opens nothing. */
  readonly expiresMs: number | undefined;
}

export interface NewKey {
  readonly name: string;
  readonly models?: readonly string[];
  readonly expiresMs?: number;
  readonly userId?: string;
  readonly teamId?: string;
  readonly organisationId?: string;
  readonly tags?: readonly string[];
  readonly scopes?: readonly Scope[];
}

export interface KeyRing {
  /** The only moment at which the secret exists outside the client. */
  createKey(wish: NewKey): { readonly key: Key; readonly secret: string };
  /** Whose secret this is, if the key exists, is not revoked and has not expired. */
  findPrincipal(secret: string): KeyPrincipal | undefined;
  listKeys(): readonly Key[];
  getKey(id: string): Key | undefined;
  /** undefined = no such id. */
  revokeKey(id: string): Key | undefined;
  /** undefined = no such id. */
  updateKey(id: string, changes: KeyChanges): Key | undefined;
  /** A new secret; the present one opens for `overlapMs` more, one from an earlier rotation no longer. undefined = no such id, or revoked. */
  rotateKey(id: string, overlapMs: number): { readonly key: Key; readonly secret: string } | undefined;
  /** Whose the key is, as its calls are charged. */
  ownersOf(key: Key): OwnerChain;
  /** Was any key ever created, revoked ones included? */
  hasKeys(): boolean;
}

export interface KeyRingOptions {
  readonly store: KeyStore;
  readonly digest: DigestSecret;
  readonly clock: Clock;
  /** Without it a key's team is known, but not the organisation of the team. */
  readonly owners?: Pick<OwnerStore, 'findOwner'>;
}

const cachedKeys = 50_000;
// How long a revocation in another process may go unnoticed.
const versionCheckMs = 1_000;
const nameLimit = 200;

export function createKeyRing({ store, digest, clock, owners }: KeyRingOptions): KeyRing {
  // By the whole secret: a digest per request costs more than everything else about a key. The secrets of live requests are
  // in memory anyway; what is at rest are digests only. A plain map: of thousands that call in turn each is found out of the
  // processor's reach, and an LRU would look in six more such places for its order.
  const cache = new Map<string, KeyPrincipal>();
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

  function load(secret: string): KeyPrincipal | undefined {
    if (!hasSecretForm(secret)) return undefined;
    const asked = digest(secret);
    const stored = store.findKeyByDigest(asked);
    if (stored === undefined || stored.revokedMs !== undefined) return undefined;
    const principal = toPrincipal(stored, ownersOf(stored), asked === stored.digest ? undefined : stored.previousUntilMs);
    if (cache.size >= cachedKeys) cache.clear();
    cache.set(copyOf(secret), principal);
    return principal;
  }

  function ownersOf(key: Key): OwnerChain {
    const user = key.userId === undefined ? undefined : owners?.findOwner(key.userId);
    const teamId = key.teamId ?? user?.teamId;
    const team = teamId === undefined ? undefined : owners?.findOwner(teamId);
    const organisationId = key.organisationId ?? team?.organisationId ?? user?.organisationId;
    return {
      keyId: key.id,
      ...(key.userId !== undefined && { userId: key.userId }),
      ...(teamId !== undefined && { teamId }),
      ...(organisationId !== undefined && { organisationId }),
      tags: key.tags ?? [],
    };
  }

  return {
    createKey(wish) {
      const name = readName(wish.name);
      const nowMs = clock.wallMs();
      if (wish.expiresMs !== undefined && !(wish.expiresMs > nowMs)) {
        throw new GatewayError('invalid_request', 'the expiry lies in the past; give a time to come', { param: 'expires' });
      }
      assertModels(wish.models);
      const secret = createSecret();
      const stored: StoredKey = {
        id: newId('key'),
        name,
        digest: digest(secret),
        last4: secret.slice(-4),
        createdMs: nowMs,
        ...(wish.models !== undefined && { models: wish.models }),
        ...(wish.expiresMs !== undefined && { expiresMs: wish.expiresMs }),
        ...(wish.userId !== undefined && { userId: wish.userId }),
        ...(wish.teamId !== undefined && { teamId: wish.teamId }),
        ...(wish.organisationId !== undefined && { organisationId: wish.organisationId }),
        ...(wish.tags !== undefined && { tags: wish.tags }),
        ...(wish.scopes !== undefined && { scopes: wish.scopes }),
      };
      store.insertKey(stored);
      forget();
      return { key: toKey(stored), secret };
    },

    findPrincipal(secret) {
      if (!hasSecretLength(secret)) return undefined;
      forgetWhenChanged();
      const principal = cache.get(secret) ?? load(secret);
      return principal?.expiresMs !== undefined && principal.expiresMs <= clock.wallMs() ? undefined : principal;
    },

    listKeys: () => store.listKeys().map(toKey),

    getKey(id) {
      const stored = store.findKey(id);
      return stored === undefined ? undefined : toKey(stored);
    },

    updateKey(id, changes) {
      if (changes.name !== undefined) readName(changes.name);
      assertModels(changes.models ?? undefined);
      const stored = store.updateKey(id, changes);
      if (stored === undefined) return undefined;
      forget();
      return toKey(stored);
    },

    rotateKey(id, overlapMs) {
      const secret = createSecret();
      const rotation = { digest: digest(secret), last4: secret.slice(-4), previousUntilMs: clock.wallMs() + overlapMs };
      const stored = store.rotateKey(id, rotation);
      if (stored === undefined) return undefined;
      forget();
      return { key: toKey(stored), secret };
    },

    ownersOf,

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

function readName(text: string): string {
  const name = text.trim();
  if (name !== '' && name.length <= nameLimit) return name;
  throw new GatewayError('invalid_request', `a key needs a name of 1 to ${nameLimit} characters`, { param: 'name' });
}

function assertModels(models: readonly string[] | undefined): void {
  // An empty list would be a key for nothing: almost certainly a mistake, and never "every model".
  if (models?.length === 0) {
    throw new GatewayError('invalid_request', 'the list of models is empty; name at least one or leave it out', { param: 'models' });
  }
  if (models !== undefined) compileAllowList(models);
}

function toKey({ digest: _, previousDigest: __, ...key }: StoredKey): Key {
  return key;
}

/** `untilMs`: of a secret that a rotation has replaced. */
function toPrincipal(stored: StoredKey, owners: OwnerChain, untilMs: number | undefined): KeyPrincipal {
  const expiresMs = Math.min(stored.expiresMs ?? Number.POSITIVE_INFINITY, untilMs ?? Number.POSITIVE_INFINITY);
  return {
    id: `key:${stored.id}`,
    allowed: stored.models === undefined ? undefined : compileAllowList(stored.models),
    owners,
    scopes: stored.scopes,
    expiresMs: expiresMs === Number.POSITIVE_INFINITY ? undefined : expiresMs,
  };
}

/** A secret comes as a part of its header, and would keep all of it. */
function copyOf(secret: string): string {
  return Buffer.from(secret, 'latin1').toString('latin1');
}
