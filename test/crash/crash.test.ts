// The whole gateway, killed with -9 at a random moment under load, again and again on one data directory, while its successor starts:
// no settled call that is older than the flush window is lost, none is there twice, and what was held for a call that died is closed.
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { startHoldRecovery, toEstimatedEntry } from '../../src/ledger/budgets/recover-holds.ts';
import { openDatabase } from '../../src/storage/sqlite/open-database.ts';
import { openaiAnswer } from '../support/canned-replies.ts';
import { Draw } from '../support/draw.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { startUpstream } from '../support/fake-upstream.ts';
import { buildBundle, spawnGateway } from '../support/spawn-gateway.ts';
import { tempDir } from '../support/temp-dir.ts';
import { EntryBatch } from '../../src/ledger/entry-batch.ts';

const rounds = Number(process.env['CRASH_ROUNDS'] ?? '50');
const seed = Number(process.env['FAULT_SEED'] ?? '1');
/** `ledger.flush_ms` is 20 here; the rest is for a machine with other things to do. */
const safeAfterMs = 250;
/** Answered in each life early enough to be safe when it ends. */
const safeCalls = 5;
const callNanoUsd = 9 * 150 + 2 * 600;

interface Answered {
  readonly id: string;
  readonly atMs: number;
}

it(`${rounds} times killed: nothing lost, nothing doubled, nothing held for ever`, { timeout: 60_000 + rounds * 3_000 }, async () => {
  const draw = new Draw(seed);
  const upstream = await startUpstream(() => ({ ...openaiAnswer(), headDelayMs: draw.int(0, 30) }));
  const dataDir = tempDir('crashes');
  const answered = new Set<string>();
  const mustBeThere: string[] = [];
  const bundle = buildBundle();
  const options = {
    dataDir,
    bundle,
    yaml: 'budgets:\n  - { holder: global, amount_usd: 1000, window: total }\n',
    env: {
      OPENAI_BASE_URL: upstream.baseUrl,
      OPENAI_API_KEY: 'sk-crash-0123456789',
      MPC_LOG_LEVEL: 'error',
      MPC_LEDGER_FLUSH_MS: '20',
      NODE_COMPILE_CACHE: join(bundle, 'compiled'),
    },
  };

  // The only one that ends by itself: it leaves the compiled code, with which the others start faster.
  await (await spawnGateway(options)).stop();
  let successor = spawnGateway(options);
  for (let round = 0; round < rounds; round += 1) {
    const gateway = await successor;
    if (round + 1 < rounds) {
      successor = spawnGateway(options);
      // Told where it is waited for.
      successor.catch(() => undefined);
    }
    const seen: Answered[] = [];
    let running = true;
    const load = Array.from({ length: 8 }, async () => {
      while (running) {
        const id = await callOnce(gateway.url);
        if (id !== undefined) seen.push({ id, atMs: performance.now() });
      }
    });
    while (seen.length < safeCalls) await delay(5);
    await delay(safeAfterMs + draw.int(0, 200));
    const killedMs = performance.now();
    gateway.process.kill('SIGKILL');
    running = false;
    await gateway.stop('SIGKILL');
    await Promise.all(load);
    for (const { id, atMs } of seen) {
      answered.add(id);
      if (atMs < killedMs - safeAfterMs) mustBeThere.push(id);
    }
  }

  await upstream.close();

  // The next life finds what the others left open. It watches the dead for some time first, which passes at once here.
  const database = await openDatabase(dataDir);
  await database.entries.recover();
  const clock = fakeClock(Date.now());
  const trouble: unknown[] = [];
  const stopRecovery = startHoldRecovery({
    store: database.budgets,
    journals: database.holds,
    clock,
    costOfEntry: (id) => database.reader.readEntry(id)?.costNanoUsd ?? undefined,
    onClosed(closed) {
      const estimated = closed.filter((hold) => hold.basis === 'estimated').map(toEstimatedEntry);
      void database.entries.save({ entries: EntryBatch.of(estimated), decisions: [] });
    },
    onTrouble: (cause) => trouble.push(cause),
    ownProcess: () => 'none',
  });
  for (let looks = 0; looks < 6; looks += 1) clock.advance(10_000);
  stopRecovery();
  expect(trouble).toEqual([]);
  expect(database.budgets.listProcesses()).toEqual([]);
  const entries = [...database.reader.readEntries({})];
  database.close();
  // What the dead held was closed: nothing is reserved, and at least what was answered is booked.
  const sqlite = new DatabaseSync(join(dataDir, 'mpc.db'), { readOnly: true });
  const { reserved, spent } = sqlite.prepare('select sum(reserved) as reserved, sum(spent) as spent from budget_counters').get() as {
    reserved: number;
    spent: number;
  };
  sqlite.close();
  expect(reserved).toBe(0);
  const booked = entries.reduce((sum, entry) => sum + (entry.costNanoUsd ?? 0), 0);
  expect(spent).toBeGreaterThanOrEqual(booked);
  const found = new Set(entries.map((entry) => entry.id));
  expect(mustBeThere.length).toBeGreaterThanOrEqual(rounds * safeCalls);
  expect(mustBeThere.filter((id) => !found.has(id))).toEqual([]);
  expect(found.size).toBe(entries.length);
  const served = entries.filter((entry) => answered.has(entry.id) && entry.usage?.source === 'upstream');
  expect(served.length).toBeGreaterThan(0);
  expect(served.filter((entry) => entry.costNanoUsd !== callNanoUsd)).toEqual([]);
  // Nobody was answered more often than a provider was asked.
  expect(entries.filter((entry) => entry.usage?.source === 'upstream').length).toBeLessThanOrEqual(upstream.requests.length);
});

/** The id of a call that was answered whole; undefined when the gateway died first. */
async function callOnce(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"model":"gpt-4o-mini","max_tokens":50,"messages":[{"role":"user","content":"Say hello"}]}',
    });
    await response.text();
    return response.status === 200 ? (response.headers.get('x-request-id') ?? undefined) : undefined;
  } catch {
    await delay(5);
    return undefined;
  }
}
