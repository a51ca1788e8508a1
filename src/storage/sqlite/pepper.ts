// The data directory's pepper: 32 random bytes in a file of their own, apart from the digests that were made with it.
import { linkSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import { randomBytes } from '../../core/random.ts';
import { createDigest, type DigestSecret } from '../../ledger/key-secret.ts';
import type { Facts } from './facts.ts';

const pepperBytes = 32;
const checkText = 'mpc-api pepper check';

/** The digest function of this data directory. Throws when the pepper is not the one the stored digests were made with. */
export function loadDigest(dataDir: string, facts: Facts): DigestSecret {
  const path = join(dataDir, 'pepper');
  const digest = createDigest(readPepper(path) ?? createPepper(path));
  const expected = facts.read('pepper_check');
  if (expected === undefined) facts.write('pepper_check', digest(checkText));
  else if (expected !== digest(checkText)) {
    // Going on would answer 401 to every key without a word about why.
    throw new GatewayError(
      'internal_error',
      `${path} is not the file the keys in this data directory were made with: restore it from a backup, or start with another data directory and create new keys`,
    );
  }
  return digest;
}

function readPepper(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw cause;
  }
}

/** Written elsewhere and linked into place: of two processes that start together, both use the one that came first, whole. */
function createPepper(path: string): Buffer {
  const draft = `${path}.${newId('draft')}`;
  writeFileSync(draft, randomBytes(pepperBytes), { mode: 0o600, flag: 'wx' });
  try {
    linkSync(draft, path);
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause;
  } finally {
    unlinkSync(draft);
  }
  return readFileSync(path);
}
