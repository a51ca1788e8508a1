// Port: what virtual keys ask of a database. Secrets never reach it, only their digests.
import type { Scope } from './owners/owner.ts';

export interface StoredKey {
  readonly id: string;
  readonly name: string;
  /** HMAC-SHA-256 of the secret, base64url. */
  readonly digest: string;
  /** The last four characters of the secret, to recognise it by. */
  readonly last4: string;
  /** Names and patterns the key may use; undefined = every model. */
  readonly models?: readonly string[];
  readonly createdMs: number;
  readonly expiresMs?: number;
  readonly revokedMs?: number;
  readonly userId?: string;
  readonly teamId?: string;
  readonly organisationId?: string;
  readonly tags?: readonly string[];
  /** Undefined = `calls`. */
  readonly scopes?: readonly Scope[];
  /** After a rotation: the digest of the secret before, which opens until then. */
  readonly previousDigest?: string;
  readonly previousUntilMs?: number;
}

/** What may be changed of a key. null takes a value away. */
export interface KeyChanges {
  readonly name?: string;
  readonly models?: readonly string[] | null;
  readonly expiresMs?: number | null;
  readonly userId?: string | null;
  readonly teamId?: string | null;
  readonly organisationId?: string | null;
  readonly tags?: readonly string[] | null;
  readonly scopes?: readonly Scope[] | null;
}

export interface Rotation {
  readonly digest: string;
  readonly last4: string;
  /** Until then the secret that was valid before opens too. */
  readonly previousUntilMs: number;
}

export interface KeyStore {
  insertKey(key: StoredKey): void;
  /** By its present digest or the one before the last rotation. */
  findKeyByDigest(digest: string): StoredKey | undefined;
  findKey(id: string): StoredKey | undefined;
  /** Oldest first, revoked ones included. */
  listKeys(): readonly StoredKey[];
  /** The key with `revokedMs` set; a second call keeps the first time. undefined = no such id. */
  revokeKey(id: string, revokedMs: number): StoredKey | undefined;
  /** undefined = no such id. */
  updateKey(id: string, changes: KeyChanges): StoredKey | undefined;
  /** undefined = no such id, or revoked. */
  rotateKey(id: string, rotation: Rotation): StoredKey | undefined;
  /** Was any key ever created? Revoked ones count: losing the last key must not open the gateway. */
  hasKeys(): boolean;
  /** Changes whenever any process changed a key. Cheap, but not free: a pragma, sometimes a point read. */
  keysVersion(): number;
  /** Digest of the admin key that was made at an earlier start. */
  readAdminDigest(): string | undefined;
  writeAdminDigest(digest: string): void;
}
