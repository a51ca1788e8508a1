// Keys, budgets and the audit log on the command line, as processes.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { jsonLines, type Outcome, runMpc } from '../../test/support/run-mpc.ts';
import { tempDir } from '../../test/support/temp-dir.ts';

const mpc = (dataDir: string, ...args: string[]): Promise<Outcome> => runMpc(args, { variables: { MPC_DATA_DIR: dataDir } });

describe('mpc audit', () => {
  it('tells what mpc keys did, and notices when somebody rewrites it', async () => {
    const dataDir = join(tempDir('cli'), 'data');
    const [key] = jsonLines((await mpc(dataDir, 'keys', 'create', '--name', 'a', '--tags', 'x,y', '--scopes', 'read', '--json')).out);
    expect(key).toMatchObject({ tags: ['x', 'y'], scopes: ['read'] });
    const rotated = jsonLines((await mpc(dataDir, 'keys', 'rotate', String(key?.['id']), '--overlap', '0', '--json')).out);
    expect(rotated[0]?.['key']).not.toBe(key?.['key']);

    const listed = jsonLines((await mpc(dataDir, 'audit', 'list', '--json')).out);
    expect(listed.map((line) => [line['actor'], line['action'], line['target']])).toEqual([
      ['cli', 'key.rotate', key?.['id']],
      ['cli', 'key.create', key?.['id']],
    ]);
    expect(await mpc(dataDir, 'audit', 'verify')).toMatchObject({ exitCode: 0, out: 'the audit log is whole: 2 lines\n' });

    const sqlite = new DatabaseSync(join(dataDir, 'mpc.db'));
    sqlite.exec("drop trigger audit_no_update; update audit set actor = 'nobody' where seq = 1");
    sqlite.close();
    const outcome = await mpc(dataDir, 'audit', 'verify', '--json');
    expect(outcome.exitCode).toBe(1);
    expect(jsonLines(outcome.out)).toMatchObject([{ ok: false, seq: 1 }]);
  }, 30_000);
});

describe('mpc keys', () => {
  it.each([
    [['--team', 'nobody'], '--team "nobody": there is no such team'],
    [['--scopes', 'root'], '--scopes "root" is none of'],
  ])('create %j is wrong usage', async (args, message) => {
    const outcome = await mpc(join(tempDir('cli'), 'data'), 'keys', 'create', '--name', 'a', ...args);

    expect(outcome).toMatchObject({ exitCode: 2, out: '' });
    expect(outcome.err).toContain(message);
  });
});

describe('mpc budgets list', () => {
  it('shows the budgets of mpc.yaml with what is spent', async () => {
    const cwd = tempDir('cli');
    const dataDir = join(cwd, 'data');
    const file = join(cwd, 'mpc.yaml');
    writeFileSync(file, 'budgets: [{ holder: global, amount_usd: 5, window: total }]\n');
    await mpc(dataDir, 'keys', 'create', '--name', 'a');

    const [line] = jsonLines((await mpc(dataDir, '--config', file, 'budgets', 'list', '--json')).out);

    expect(line).toMatchObject({ holder: 'global', amount_nano_usd: 5_000_000_000, spent_nano_usd: 0, resets_at: null, origin: 'config' });
  });
});
