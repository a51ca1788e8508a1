// Port: what virtual keys ask of a database. Secrets never reach it, only their digests.

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
}

export interface KeyStore {
  insertKey(key: StoredKey): void;
  findKeyByDigest(digest: string): StoredKey | undefined;
  /** Oldest first, revoked ones included. */
  listKeys(): readonly StoredKey[];
  /** The key with `revokedMs` set; a second call keeps the first time. undefined = no such id. */
  revokeKey(id: string, revokedMs: number): StoredKey | undefined;
  /** Was any key ever created? Revoked ones count: losing the last key must not open the gateway. */
  hasKeys(): boolean;
  /** Changes whenever any process changed a key. Cheap, but not free: a pragma, sometimes a point read. */
  keysVersion(): number;
  /** Digest of the admin key that was made at an earlier start. */
  readAdminDigest(): string | undefined;
  writeAdminDigest(digest: string): void;
}
