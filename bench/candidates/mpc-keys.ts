// Virtual keys for the gateway under test: the first as a user makes it, by the command line; thousands
// more through the same key ring, because a process per key would take minutes.
import { systemClock } from '../../src/core/clock.ts';
import { createKeyRing } from '../../src/ledger/key-ring.ts';
import { openDatabase } from '../../src/storage/sqlite/open-database.ts';

export interface KeyWish {
  readonly command: (args: readonly string[]) => Promise<string>;
  readonly dataDir: string;
  readonly count: number;
}

/** The secrets, in the order in which they were made. */
export async function createKeys(wish: KeyWish): Promise<string[]> {
  return [await createByCommand(wish), ...(await createInRing(wish.dataDir, wish.count - 1))];
}

async function createByCommand({ command }: KeyWish): Promise<string> {
  const { key } = JSON.parse(await command(['keys', 'create', '--name', 'bench', '--json'])) as { readonly key?: string };
  if (key === undefined) throw new Error('keys create --json printed no key');
  return key;
}

async function createInRing(dataDir: string, count: number): Promise<string[]> {
  if (count < 1) return [];
  const database = await openDatabase(dataDir);
  try {
    const ring = createKeyRing({ store: database.keys, digest: database.digest, clock: systemClock });
    return Array.from({ length: count }, (_, index) => ring.createKey({ name: `bench ${index}` }).secret);
  } finally {
    database.close();
  }
}
