// The admin key: given by the operator, or made at the first start that needs one and shown that once. No default exists.
import { timingSafeEqual } from 'node:crypto';
import { createSecret, type DigestSecret } from './key-secret.ts';
import type { KeyStore } from './key-store.ts';

export interface AdminKey {
  /** Set when the key was made just now: the only chance to show it. */
  readonly created?: string;
  /** False: there is no admin key, so nobody is admin by key. */
  readonly exists: boolean;
  isAdmin(secret: string): boolean;
}

export interface AdminKeyOptions {
  readonly store: Pick<KeyStore, 'readAdminDigest' | 'writeAdminDigest'>;
  readonly digest: DigestSecret;
  /** From MPC_ADMIN_KEY. While it is given, it alone counts: one made earlier would be a forgotten back door. */
  readonly given?: string;
  /** Make one if none is given and none was made before: set where the gateway is bound beyond loopback. */
  readonly required: boolean;
}

// No honest key is longer; hashing more would only serve an attacker.
const longestSecret = 1_024;

export function ensureAdminKey({ store, digest, given, required }: AdminKeyOptions): AdminKey {
  if (given !== undefined) return guard(digest, digest(given));
  const stored = store.readAdminDigest();
  if (stored !== undefined) return guard(digest, stored);
  if (!required) return { exists: false, isAdmin: () => false };
  const created = createSecret();
  const expected = digest(created);
  store.writeAdminDigest(expected);
  return { ...guard(digest, expected), created };
}

function guard(digest: DigestSecret, expected: string): AdminKey {
  const expectedBytes = Buffer.from(expected);
  return {
    exists: true,
    isAdmin: (secret) => secret.length <= longestSecret && timingSafeEqual(Buffer.from(digest(secret)), expectedBytes),
  };
}
