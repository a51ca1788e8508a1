import { describe, expect, it } from 'vitest';
import { startChildScript } from '../../test/support/child-script.ts';
import { type FakeClock, fakeClock } from '../../test/support/fake-clock.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { type Database, openDatabase } from '../storage/sqlite/open-database.ts';
import { ensureAdminKey } from './admin-key.ts';
import { mayUseName } from './allow-list.ts';
import { createKeyRing, type KeyRing } from './key-ring.ts';
import { EntryBatch } from './entry-batch.ts';

interface Fixture {
  readonly dataDir: string;
  readonly database: Database;
  readonly clock: FakeClock;
  readonly ring: KeyRing;
}

async function withRing(work: (fixture: Fixture) => void | Promise<void>): Promise<void> {
  const dataDir = tempDir('keys');
  const clock = fakeClock();
  const database = await openDatabase(dataDir);
  try {
    await work({ dataDir, database, clock, ring: createKeyRing({ store: database.keys, digest: database.digest, clock }) });
  } finally {
    database.close();
  }
}

describe('createKeyRing', () => {
  it('finds a key by its secret, with who pays and what it may use', async () => {
    await withRing(({ ring }) => {
      const { key, secret } = ring.createKey({ name: ' team a ', models: ['openai/*'] });
      const found = ring.findPrincipal(secret);

      expect(found).toMatchObject({ id: `key:${key.id}`, owners: { keyId: key.id } });
      expect(key).toMatchObject({ name: 'team a', last4: secret.slice(-4) });
      expect(mayUseName(found?.allowed, 'OpenAI/gpt-4o')).toBe(true);
      expect(mayUseName(found?.allowed, 'mistral/large')).toBe(false);
    });
  });

  it('keeps no secret: neither in the database nor in what it shows', async () => {
    await withRing(({ ring, database }) => {
      const { key, secret } = ring.createKey({ name: 'a' });

      expect(JSON.stringify([key, ring.listKeys(), ring.findPrincipal(secret), database.keys.listKeys()])).not.toContain(
        secret.slice(4, -4),
      );
      expect(JSON.stringify([key, ring.listKeys(), ring.findPrincipal(secret)])).not.toContain(database.digest(secret));
    });
  });

  it('does not find unknown, mistyped, foreign or huge keys', async () => {
    await withRing(({ ring }) => {
      const { secret } = ring.createKey({ name: 'a' });

      for (const other of [`${secret.slice(0, -1)}_`, `${secret}x`, secret.toUpperCase(), 'sk-123', '', 'x'.repeat(1e6)]) {
        expect(ring.findPrincipal(other)).toBeUndefined();
      }
    });
  });

  it('stops finding a key the moment it expires, cached or not', async () => {
    await withRing(({ ring, clock }) => {
      const { secret } = ring.createKey({ name: 'a', expiresMs: clock.wallMs() + 1_000 });

      clock.advance(999);
      expect(ring.findPrincipal(secret)).toBeDefined();
      clock.advance(1);
      expect(ring.findPrincipal(secret)).toBeUndefined();
    });
  });

  it('stops finding a key it revoked at once, and keeps the first time of revocation', async () => {
    await withRing(({ ring, clock }) => {
      const { key, secret } = ring.createKey({ name: 'a' });
      ring.findPrincipal(secret);

      const first = ring.revokeKey(key.id);
      clock.advance(5_000);

      expect(ring.findPrincipal(secret)).toBeUndefined();
      expect(ring.revokeKey(key.id)?.revokedMs).toBe(first?.revokedMs);
      expect(ring.revokeKey('key_none')).toBeUndefined();
    });
  });

  it('counts a revoked key as a key: revoking the last one does not open the gateway', async () => {
    await withRing(({ ring }) => {
      expect(ring.hasKeys()).toBe(false);
      const { key } = ring.createKey({ name: 'a' });
      ring.revokeKey(key.id);

      expect(ring.hasKeys()).toBe(true);
    });
  });

  it('notices within a second what another process created and revoked', async () => {
    await withRing(async ({ ring, clock, dataDir }) => {
      const { key, secret } = ring.createKey({ name: 'a' });
      expect(ring.findPrincipal(secret)).toBeDefined();
      const child = startChildScript(`
        import { openDatabase } from 'src/storage/sqlite/open-database.ts';
        import { createKeyRing } from 'src/ledger/key-ring.ts';
        import { systemClock } from 'src/core/clock.ts';
        const database = await openDatabase(${JSON.stringify(dataDir)});
        const ring = createKeyRing({ store: database.keys, digest: database.digest, clock: systemClock });
        ring.revokeKey(${JSON.stringify(key.id)});
        console.log(ring.createKey({ name: 'b' }).secret);
      `);
      await child.waitForLines(1);
      const otherSecret = child.lines()[0] ?? '';

      expect(ring.getKey(ring.findPrincipal(otherSecret)?.owners.keyId ?? '')?.name).toBe('b');
      clock.advance(1_000);
      expect(ring.findPrincipal(secret)).toBeUndefined();
      expect(await child.ended).toBe(0);
    });
  });

  it('keeps its memory when another process writes something other than keys', async () => {
    await withRing(async ({ ring, clock, database, dataDir }) => {
      const { secret } = ring.createKey({ name: 'a' });
      const first = ring.findPrincipal(secret);
      const other = await openDatabase(dataDir);
      other.entries.save({ entries: EntryBatch.of([]), decisions: [{ id: 'dec_a', json: '{}', seenMs: 1 }] });
      clock.advance(1_000);

      expect(ring.findPrincipal(secret)).toBe(first);
      other.close();
      expect(database.keys.listKeys()).toHaveLength(1);
    });
  });

  it('lists keys in the order of their creation', async () => {
    await withRing(({ ring, clock }) => {
      for (const name of ['c', 'a', 'b']) {
        ring.createKey({ name });
        clock.advance(1);
      }

      expect(ring.listKeys().map((key) => key.name)).toEqual(['c', 'a', 'b']);
    });
  });

  it.each([
    [{ name: '  ' }, 'a key needs a name'],
    [{ name: 'a', models: [] }, 'the list of models is empty'],
    [{ name: 'a', models: ['*x'] }, '"*" may only stand at the end'],
    [{ name: 'a', expiresMs: 1 }, 'the expiry lies in the past'],
  ])('refuses %j', async (wish, message) => {
    await withRing(({ ring }) => {
      expect(() => ring.createKey(wish)).toThrow(message);
      expect(ring.listKeys()).toEqual([]);
    });
  });
});

describe('ensureAdminKey', () => {
  it('makes a key once where one is required, and keeps only its digest', async () => {
    await withRing(({ database }) => {
      const options = { store: database.keys, digest: database.digest, required: true };
      const first = ensureAdminKey(options);
      const second = ensureAdminKey(options);

      expect(first.created).toMatch(/^mpc-/);
      expect(second.created).toBeUndefined();
      expect(second.isAdmin(first.created ?? '')).toBe(true);
      expect(second.isAdmin('')).toBe(false);
      expect(database.keys.readAdminDigest()).not.toContain(first.created);
    });
  });

  it('lets only the given key in while one is given', async () => {
    await withRing(({ database }) => {
      const { created = '' } = ensureAdminKey({ store: database.keys, digest: database.digest, required: true });
      const given = ensureAdminKey({ store: database.keys, digest: database.digest, required: true, given: 'my own' });

      expect(given.isAdmin('my own')).toBe(true);
      expect(given.isAdmin(created)).toBe(false);
      expect(given.created).toBeUndefined();
    });
  });

  it('makes none where none is required', async () => {
    await withRing(({ database }) => {
      const none = ensureAdminKey({ store: database.keys, digest: database.digest, required: false });

      expect(none.exists).toBe(false);
      expect(none.isAdmin('')).toBe(false);
      expect(database.keys.readAdminDigest()).toBeUndefined();
    });
  });
});

describe('a rotated key', () => {
  it('opens with both secrets until the overlap is over, to the millisecond, cached or not', async () => {
    await withRing(({ ring, clock }) => {
      const { key, secret } = ring.createKey({ name: 'a' });
      expect(ring.findPrincipal(secret)?.owners.keyId).toBe(key.id);
      const rotated = ring.rotateKey(key.id, 60_000);
      const newer = rotated?.secret ?? '';
      expect([ring.findPrincipal(secret)?.owners.keyId, ring.findPrincipal(newer)?.owners.keyId]).toEqual([key.id, key.id]);

      clock.advance(59_999);
      expect(ring.findPrincipal(secret)?.owners.keyId).toBe(key.id);
      clock.advance(1);

      expect(ring.findPrincipal(secret)).toBeUndefined();
      expect(ring.findPrincipal(newer)?.owners.keyId).toBe(key.id);
    });
  });

  it('has at most two live secrets, and none once it is revoked', async () => {
    await withRing(({ ring }) => {
      const { key, secret } = ring.createKey({ name: 'a' });
      const second = ring.rotateKey(key.id, 60_000)?.secret ?? '';
      const third = ring.rotateKey(key.id, 60_000)?.secret ?? '';
      expect([secret, second, third].map((each) => ring.findPrincipal(each) !== undefined)).toEqual([false, true, true]);

      ring.revokeKey(key.id);

      expect([second, third].map((each) => ring.findPrincipal(each))).toEqual([undefined, undefined]);
      expect(ring.rotateKey(key.id, 0)).toBeUndefined();
    });
  });
});

describe('whose a key is', () => {
  it('follows its user and team up to the organisation, and changes with them', async () => {
    await withRing(({ database, clock }) => {
      const ring = createKeyRing({ store: database.keys, digest: database.digest, clock, owners: database.owners });
      database.owners.saveOwner({ id: 'o', kind: 'organisation', name: 'o', createdMs: 0 });
      database.owners.saveOwner({ id: 't', kind: 'team', name: 't', organisationId: 'o', createdMs: 0 });
      database.owners.saveOwner({ id: 'u', kind: 'user', name: 'u', teamId: 't', createdMs: 0 });
      const { key, secret } = ring.createKey({ name: 'a', userId: 'u', tags: ['x'] });
      expect(ring.findPrincipal(secret)?.owners).toEqual({ keyId: key.id, userId: 'u', teamId: 't', organisationId: 'o', tags: ['x'] });
      expect(ring.findPrincipal(secret)?.owners).toBe(ring.findPrincipal(secret)?.owners);

      database.owners.saveOwner({ id: 't', kind: 'team', name: 't', createdMs: 0 });
      clock.advance(1_000);

      expect(ring.findPrincipal(secret)?.owners).toEqual({ keyId: key.id, userId: 'u', teamId: 't', tags: ['x'] });
    });
  });
});
