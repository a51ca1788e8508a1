// Rows 4, 11 to 17: what happens to the stores, the clock, the configuration, the keys and the process itself.
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { intact, rechopped } from './replies.ts';
import { claim, type FaultRow, times } from './row.ts';
import type { Operation, World } from './world.ts';

/** Somebody else writes: nothing can be saved meanwhile. A backup, a stuck tool, a disk that takes its time. */
async function withLockedDatabase(world: World, work: () => Promise<void>): Promise<void> {
  const other = new DatabaseSync(join(world.dataDir, 'mpc.db'), { timeout: 0 });
  await lock(other);
  try {
    await work();
  } finally {
    other.exec('ROLLBACK');
    other.close();
  }
}

/** Waits its turn, without holding up the gateway, which shares this process. */
async function lock(database: DatabaseSync): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      database.exec('BEGIN IMMEDIATE');
      return;
    } catch (busy) {
      if (tries >= 500) throw busy;
      await delay(10);
    }
  }
}

function assertServed(operations: readonly Operation[], what: string): void {
  const failed = operations.filter(({ saw }) => saw.status !== 200 || saw.end !== 'complete');
  claim(failed.length === 0, `${what}: ${failed.map(({ saw }) => `${saw.status} ${saw.end} ${saw.text.slice(0, 120)}`).join('; ')}`);
}

export const cannotWriteTheLedger: FaultRow = {
  row: 11,
  name: 'a ledger that cannot be written for a while',
  async play(world, alone) {
    const { draw, call } = world;
    const operations: Operation[] = [];
    await withLockedDatabase(world, async () => {
      operations.push(...(await Promise.all(times(4, () => call({ stream: draw.chance(0.5) })))));
      await delay(draw.int(0, 300));
      operations.push(await call());
    });
    if (alone) assertServed(operations, 'calls failed with the ledger');
  },
};

export const cannotAskTheCache: FaultRow = {
  row: 12,
  name: 'a cache store that cannot be asked for a while',
  options: { env: { MPC_CACHE_MODE: 'on-request', MPC_CACHE_DISK_MB: '1' } },
  async play(world, alone) {
    const { call, mark } = world;
    const headers = { 'x-mpc-cache': 'on' };
    const prompt = `kept ${mark().replace('op', 'q')}`;
    const operations: Operation[] = [];
    await withLockedDatabase(world, async () => {
      operations.push(...(await Promise.all(times(3, () => call({ prompt, headers })))));
      operations.push(await call({ headers }));
    });
    if (alone) assertServed(operations, 'calls failed with the cache');
  },
};

export const cannotReadKeys: FaultRow = {
  row: 13,
  name: 'a database that is busy: known keys keep working',
  async play(world, alone) {
    const { draw, call } = world;
    const operations: Operation[] = [];
    await withLockedDatabase(world, async () => {
      for (let i = 0; i < 4; i += 1) {
        operations.push(await call());
        await delay(draw.int(0, 80));
      }
    });
    if (alone) assertServed(operations, 'calls failed with the database');
  },
};

export const clockJumps: FaultRow = {
  row: 14,
  name: 'a wall clock that jumps an hour, forward and back',
  async play(world, alone) {
    const { draw, call, shiftWall } = world;
    const running = times(4, () => call({ stream: true, turns: [rechopped(draw, intact(draw, { side: 'openai', stream: true }))] }));
    for (let jumps = 4; jumps > 0; jumps -= 1) {
      shiftWall(draw.pick([-3_600_000, 3_600_000, -1, 86_400_000]));
      await delay(draw.int(0, 10));
    }
    const operations = [...(await Promise.all(running)), await call()];
    if (alone) assertServed(operations, 'calls failed with the clock');
  },
};

export const configurationChanges: FaultRow = {
  row: 15,
  name: 'a configuration that changes under load, half of the time to nonsense',
  async play(world, alone) {
    const { draw, call, reload } = world;
    let changing = true;
    const changes = (async () => {
      for (let i = 0; i < 6; i += 1) {
        const wrong = draw.chance(0.4);
        await reload({
          env: wrong
            ? { MPC_RETRY_ATTEMPTS: 'many' }
            : { MPC_RETRY_ATTEMPTS: String(draw.int(1, 4)), MPC_TIMEOUTS_IDLE_MS: String(draw.int(300, 900)) },
        }).then(
          () => claim(!wrong, 'a wrong configuration was taken over'),
          (error: unknown) => {
            if (!wrong) throw error;
          },
        );
        await delay(draw.int(0, 20));
      }
      changing = false;
    })();
    const operations: Operation[] = [];
    while (changing) {
      const form = { side: 'openai', stream: draw.chance(0.5) } as const;
      operations.push(...(await Promise.all(times(3, () => call({ stream: form.stream, turns: [rechopped(draw, intact(draw, form))] })))));
    }
    await changes;
    if (alone) assertServed(operations, 'calls failed during a reload');
  },
};

export const keysRotate: FaultRow = {
  row: 16,
  name: 'keys that are rotated and revoked under load',
  play: (world, alone) =>
    rotateKeys(world, alone).catch((error: unknown) => {
      // In a pair the process may be gone by now.
      if (!world.stopping) throw error;
    }),
};

async function rotateKeys(world: World, alone: boolean): Promise<void> {
  const { call, url, adminKey, secrets, draw } = world;
  const ask = async (path: string, method: string, body?: object): Promise<{ id: string; key: string }> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    // Without a key when the database is away.
    const told = (await response.json()) as { id: string; key: string };
    if (typeof told.key === 'string') secrets.push(told.key);
    return told;
  };
  const made = await ask('/admin/keys', 'POST', { name: `rotating-${draw.int(1, 1e9)}` });
  const all = [made.key];
  const operations: Operation[] = [];
  const use = (key: string): Promise<Operation> => call({ headers: { authorization: `Bearer ${key}` } });
  for (let i = 0; i < 3; i += 1) {
    const old = all.at(-1) ?? '';
    const rotated = await ask(`/admin/keys/${made.id}/rotate`, 'POST', { overlap: '1h' });
    all.push(rotated.key);
    operations.push(...(await Promise.all([use(old), use(rotated.key)])));
  }
  await ask(`/admin/keys/${made.id}`, 'DELETE');
  const refused = await Promise.all(all.slice(-2).map(use));
  if (!alone) return;
  assertServed(operations, 'a valid key was refused');
  claim(
    refused.every(({ saw, given }) => saw.status === 401 && given.length === 0),
    `a revoked key got ${refused.map(({ saw }) => saw.status).join()}`,
  );
}

export const processStops: FaultRow = {
  row: 17,
  name: 'a process that is told to stop while streams run',
  async play(world, alone) {
    const { draw, call, app } = world;
    const running = times(6, () => {
      const turn = intact(draw, { side: 'openai', stream: true });
      return call({ stream: true, turns: [{ ...turn, reply: { ...turn.reply, gapMs: draw.int(2, 25) } }] });
    });
    // Every one of them has arrived: what comes later may be refused.
    for (let looks = 0; looks < 200 && world.providers.openai.requests.length < (alone ? 6 : 1); looks += 1) await delay(5);
    await delay(draw.int(0, 40));
    world.stopping = true;
    const closed = app.close();
    const late = await call();
    const operations = await Promise.all(running);
    await closed;
    if (!alone) return;
    assertServed(operations, 'a stream was dropped by the drain');
    claim(late.saw.status === undefined || late.saw.status === 503 || late.saw.status === 200, `a late call got ${late.saw.status}`);
  },
};
