// The command line as a process: exit codes, streams, and the data directory it shares with others.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { jsonLines as objects, type Outcome, runMpc, startMpc } from '../../test/support/run-mpc.ts';
import { sampleEntry } from '../../test/support/sample-entry.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { openDatabase } from '../storage/sqlite/open-database.ts';
import { EntryBatch } from '../ledger/entry-batch.ts';

const mpc = (dataDir: string, ...args: string[]): Promise<Outcome> => runMpc(args, { variables: { MPC_DATA_DIR: dataDir } });

describe('using mpc wrongly', () => {
  it.each([
    [['strat'], 'Did you mean start?'],
    [['keys', 'lst'], 'Did you mean list?'],
    [['logs', '--jsn'], 'Did you mean --json?'],
    [['keys', 'create'], "required option '--name <name>' not specified"],
    [['keys', 'revoke'], "missing required argument 'id'"],
    [['logs', '--since', 'yesterday'], '--since "yesterday" is no time'],
    [['logs', '--limit', '-3'], '--limit "-3" is no whole number'],
    [['keys', 'create', '--name', 'a', '--models', '*a'], '"*" may only stand at the end'],
    [['models', '--url', 'localhost:3000'], 'is no address such as http://localhost:3000'],
    [['chat'], 'there is no prompt'],
    [[], 'Usage: mpc'],
  ])('mpc %j ends with 2 and says why on standard error', async (args, message) => {
    const outcome = await mpc(join(tempDir('cli'), 'data'), ...args);

    expect(outcome).toMatchObject({ exitCode: 2, out: '' });
    expect(outcome.err).toContain(message);
  });
});

describe('asking for help', () => {
  it('ends with 0 and answers on standard output', async () => {
    const outcome = await mpc(tempDir('cli'), 'logs', '--help');

    expect(outcome).toMatchObject({ exitCode: 0, err: '' });
    expect(outcome.out).toContain('--follow');
  });
});

describe('commands that need a running gateway', () => {
  it.each([[['models']], [['select', '--task', 'chat']], [['chat', 'hello']]])(
    '%j says how to start one when none answers',
    async (args) => {
      const outcome = await mpc(tempDir('cli'), ...args, '--url', 'http://127.0.0.1:9');

      expect(outcome).toMatchObject({ exitCode: 1, out: '' });
      expect(outcome.err).toContain('no gateway answers at http://127.0.0.1:9: start one with "mpc start"');
    },
  );
});

describe('mpc keys', () => {
  it('shows a new key once, lists it without its secret, revokes it for good', async () => {
    const dataDir = join(tempDir('cli'), 'data');

    const created = objects(
      (await mpc(dataDir, 'keys', 'create', '--name', 'team a', '--models', 'openai/*,fast-chat', '--expires', '30d', '--json')).out,
    );
    expect(created).toHaveLength(1);
    const { id = '', key = '' } = created[0] as { id: string; key: string };
    expect(created[0]).toMatchObject({ name: 'team a', models: ['openai/*', 'fast-chat'], status: 'active', last4: key.slice(-4) });
    expect(key).toMatch(/^mpc-[0-9A-Za-z]{46}$/);

    const listed = await mpc(dataDir, 'keys', 'list', '--json');
    expect(objects(listed.out)).toMatchObject([{ id, name: 'team a', status: 'active' }]);
    expect(listed.out).not.toContain(key.slice(4, 20));

    expect(objects((await mpc(dataDir, 'keys', 'revoke', id, '--json')).out)).toMatchObject([{ id, status: 'revoked' }]);
    expect(objects((await mpc(dataDir, 'keys', 'list', '--json')).out)).toMatchObject([{ id, status: 'revoked' }]);
  });

  it('creates many at once', async () => {
    const dataDir = tempDir('cli');

    const created = objects((await mpc(dataDir, 'keys', 'create', '--name', 'load', '--count', '20', '--json')).out);

    expect(created.map((key) => key['name'])).toEqual(Array.from({ length: 20 }, (_, index) => `load-${index + 1}`));
    expect(new Set(created.map((key) => key['key'])).size).toBe(20);
  });

  it('fails with 1 when there is no such key', async () => {
    const outcome = await mpc(tempDir('cli'), 'keys', 'revoke', 'key_none');

    expect(outcome).toMatchObject({ exitCode: 1, out: '' });
    expect(outcome.err).toContain('there is no key with the id "key_none"');
  });
});

describe('mpc logs', () => {
  async function ledgerOf(count: number): Promise<string> {
    const dataDir = tempDir('cli');
    const database = await openDatabase(dataDir);
    const entries = Array.from({ length: count }, (_, index) =>
      sampleEntry({
        id: `req_${index}`,
        timeMs: Date.UTC(2026, 0, 1) + index,
        ...(index % 2 === 1 && { status: 502, errorCode: 'upstream_error' }),
      }),
    );
    database.entries.save({ entries: EntryBatch.of(entries), decisions: [] });
    database.close();
    return dataDir;
  }

  it('prints all entries with --json, oldest first, and nothing else', async () => {
    const outcome = await mpc(await ledgerOf(1_100), 'logs', '--json');

    expect(outcome).toMatchObject({ exitCode: 0, err: '' });
    expect(objects(outcome.out).map((entry) => entry['id'])).toEqual(Array.from({ length: 1_100 }, (_, index) => `req_${index}`));
  });

  it('prints the newest 50 to a person, without colours into a pipe', async () => {
    const { out } = await mpc(await ledgerOf(60), 'logs');

    expect(out.trimEnd().split('\n')).toHaveLength(50);
    expect(out).toContain('req_59');
    expect(out).not.toContain('req_9 ');
    expect(out).not.toContain('\u001b');
  });

  it('filters', async () => {
    const dataDir = await ledgerOf(10);

    expect(objects((await mpc(dataDir, 'logs', '--json', '--errors', '--limit', '2')).out).map((entry) => entry['id'])).toEqual([
      'req_7',
      'req_9',
    ]);
    expect(objects((await mpc(dataDir, 'logs', '--json', '--model', 'openai/gpt-4o', '--status', '200')).out)).toHaveLength(5);
    expect(objects((await mpc(dataDir, 'logs', '--json', '--since', '1h')).out)).toEqual([]);
  });

  it('prints nothing and creates nothing where nothing was logged yet', async () => {
    const dataDir = join(tempDir('cli'), 'none');

    expect(await mpc(dataDir, 'logs', '--json')).toEqual({ exitCode: 0, out: '', err: '' });
    expect((await mpc(dataDir, 'logs')).err).toContain('Nothing was logged yet');
  });

  it('follows what another process writes, each entry once, in order', async () => {
    const dataDir = await ledgerOf(3);
    const child = startMpc(['logs', '--follow', '--json'], { MPC_DATA_DIR: dataDir });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    const haveLines = async (count: number): Promise<void> => {
      while (out.split('\n').length <= count) await new Promise((resolve) => child.stdout.once('data', resolve));
    };

    await haveLines(3);
    const database = await openDatabase(dataDir);
    for (let index = 3; index < 8; index += 1) {
      // Arrived before the others, but ended now: a follower must see it all the same.
      database.entries.save({ entries: EntryBatch.of([sampleEntry({ id: `req_${index}`, timeMs: 1_000 - index })]), decisions: [] });
      await haveLines(index + 1);
    }
    database.close();
    child.kill('SIGTERM');

    expect(objects(out).map((entry) => entry['id'])).toEqual(Array.from({ length: 8 }, (_, index) => `req_${index}`));
  });

  it('ends quietly when its reader leaves', async () => {
    const child = startMpc(['logs', '--json'], { MPC_DATA_DIR: await ledgerOf(5_000) });
    let err = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.stdout.once('data', () => child.stdout.destroy());

    const exitCode = await new Promise((resolve) => child.once('close', resolve));

    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
  });
});

describe('mpc config', () => {
  it('shows values with their origins', async () => {
    const dataDir = tempDir('cli');

    const { exitCode, out } = await mpc(dataDir, 'config', '--json', 'data_dir');

    expect(exitCode).toBe(0);
    expect(objects(out)).toEqual([{ path: 'data_dir', value: dataDir, origin: 'MPC_DATA_DIR' }]);
  });
});

describe('mpc doctor', () => {
  it('names each check, its finding and the fix of what is wrong', async () => {
    const { out } = await mpc(tempDir('cli'), 'doctor', '--json');

    const checks = objects(out);
    expect(checks.find((check) => check['name'] === 'node')).toMatchObject({ ok: true });
    expect(checks.every((check) => check['ok'] === true || typeof check['fix'] === 'string')).toBe(true);
  });
});
