// The whole gateway on a disk that fills up under load and gets room again: nobody's answer suffers, the process lives on, no settled
// call is lost or doubled, and what was held for calls is closed.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/storage/sqlite/open-database.ts';
import type { StoredEntry } from '../../src/ledger/entry-store.ts';
import { openaiAnswer, openaiStream } from '../support/canned-replies.ts';
import { Draw } from '../support/draw.ts';
import { startUpstream } from '../support/fake-upstream.ts';
import { callFaulty, type Saw } from '../support/fault-client.ts';
import { canLimitFiles, limitFiles } from '../support/file-limit.ts';
import { type SpawnedGateway, type SpawnOptions, spawnGateway } from '../support/spawn-gateway.ts';

const seed = Number(process.env['FAULT_SEED'] ?? '1');
const callNanoUsd = 9 * 150 + 2 * 600;
const limit = { timeout: 60_000 };

interface Stage {
  readonly gateway: SpawnedGateway;
  readonly draw: Draw;
  /** All calls so far. */
  readonly seen: readonly Saw[];
  /** Keeps calling for so long. */
  load(forMs: number): Promise<readonly Saw[]>;
  fill(kind: 'everything' | 'database'): void;
  free(): void;
}

async function startStage(options: SpawnOptions = {}): Promise<Stage> {
  const draw = new Draw(seed);
  const upstream = await startUpstream((request) => (request.body.includes('"stream":true') ? openaiStream() : openaiAnswer()));
  const gateway = await spawnGateway({
    ...options,
    env: {
      OPENAI_BASE_URL: upstream.baseUrl,
      OPENAI_API_KEY: 'sk-full-0123456789',
      MPC_LOG_LEVEL: 'warn',
      MPC_LEDGER_FLUSH_MS: '20',
      ...options.env,
    },
  });
  const processId = gateway.process.pid ?? 0;
  const seen: Saw[] = [];
  return {
    gateway,
    draw,
    seen,
    async load(forMs) {
      const before = seen.length;
      const untilMs = performance.now() + forMs;
      const work = Array.from({ length: 4 }, async () => {
        while (performance.now() < untilMs) seen.push(await callOnce(gateway.url, draw.chance(0.5)));
      });
      await Promise.all(work);
      return seen.slice(before);
    },
    // A file may grow up to the limit: with the size of the log there is room for small files beside it.
    fill: (kind) => limitFiles(processId, kind === 'everything' ? 0 : sizeOf(join(gateway.dataDir, 'mpc.db-wal'))),
    free: () => limitFiles(processId, 'unlimited'),
  };
}

const sizeOf = (path: string): number => (existsSync(path) ? statSync(path).size : 0);

const callOnce = (url: string, stream: boolean): Promise<Saw> =>
  callFaulty({
    url,
    path: '/v1/chat/completions',
    body: JSON.stringify({ model: 'gpt-4o-mini', max_tokens: 50, stream, messages: [{ role: 'user', content: 'Say hello' }] }),
  });

const idOf = ({ headers }: Saw): string => String(headers['x-request-id']);

/** What the next start finds, with what was set aside. */
async function readLedger(dataDir: string): Promise<readonly StoredEntry[]> {
  const database = await openDatabase(dataDir);
  await database.entries.recover();
  const entries = [...database.reader.readEntries({})];
  database.close();
  return entries;
}

describe.skipIf(!canLimitFiles)('a disk that is full', () => {
  it('costs no answer and no line, whatever of it is full, and the process goes on when there is room again', limit, async () => {
    const { gateway, draw, seen, load, fill, free } = await startStage();

    for (const kind of ['database', 'everything', draw.pick(['database', 'everything'] as const)] as const) {
      await load(draw.int(50, 200));
      fill(kind);
      await load(draw.int(200, 600));
      free();
    }
    await expect.poll(() => existsSync(join(gateway.dataDir, 'entries.aside.jsonl')), { timeout: 15_000 }).toBe(false);
    // What cannot be saved at the end is set aside until the next start.
    fill('database');
    await load(150);
    const code = await gateway.stop();

    expect(code, gateway.output()).toBe(0);
    expect(gateway.output()).toContain('"kind":"set-aside"');
    expect(gateway.output()).toContain('"kind":"held"');
    expect(seen.filter(({ status, end }) => status !== 200 || end !== 'complete')).toEqual([]);
    const entries = await readLedger(gateway.dataDir);
    expect(entries.map(({ id }) => id).sort()).toEqual(seen.map(idOf).sort());
    expect(entries.filter(({ costNanoUsd }) => costNanoUsd !== callNanoUsd)).toEqual([]);
  });

  it('lets no call through that a hard budget could not hold, and books each that was let in once', limit, async () => {
    const yaml = 'budgets:\n  - { holder: global, amount_usd: 1000, window: total }\n';
    const { gateway, draw, seen, load, fill, free } = await startStage({ yaml });

    await load(200);
    fill('everything');
    const during = await load(draw.int(200, 600));
    free();
    await expect.poll(async () => (await load(1)).every(({ status }) => status === 200), { timeout: 15_000 }).toBe(true);
    const after = await load(300);
    const code = await gateway.stop();

    expect(code, gateway.output()).toBe(0);
    expect(seen.filter(({ end }) => end !== 'complete')).toEqual([]);
    expect(during.filter(({ status }) => status === 200)).toEqual([]);
    expect(during.map(({ status }) => status)).toContain(503);
    expect(after.filter(({ status }) => status !== 200)).toEqual([]);
    const entries = await readLedger(gateway.dataDir);
    const served = seen.filter(({ status }) => status === 200).map(idOf);
    expect(
      entries
        .filter(({ errorCode }) => errorCode === undefined)
        .map(({ id }) => id)
        .sort(),
    ).toEqual([...served].sort());
    expect(budgetOf(gateway.dataDir)).toEqual({ reserved: 0, spent: served.length * callNanoUsd });
  });
});

function budgetOf(dataDir: string): unknown {
  const sqlite = new DatabaseSync(join(dataDir, 'mpc.db'), { readOnly: true });
  const row = sqlite.prepare('select sum(reserved) as reserved, sum(spent) as spent from budget_counters').get();
  sqlite.close();
  return { ...row };
}
