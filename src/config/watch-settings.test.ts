import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tempDir } from '../../test/support/temp-dir.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { loadSettings } from './load-settings.ts';
import type { LoadedSettings } from './settings.ts';
import { changesNeedingRestart, type SettingsWatch, watchSettings } from './watch-settings.ts';

let cwd: string;
let watching: SettingsWatch | undefined;
beforeEach(() => {
  cwd = tempDir('watch');
});
afterEach(() => {
  watching?.close();
});

/** Watches, and answers what happened next after `change`. */
function next(change: () => void): Promise<LoadedSettings | Error> {
  return new Promise((resolve) => {
    watching?.close();
    watching = watchSettings({
      cwd,
      load: () => loadSettings({ env: {}, cwd }),
      onChange: resolve,
      onError: (thrown) => resolve(thrown as Error),
    });
    change();
  });
}

const write = (text: string) => writeFileSync(join(cwd, 'mpc.yaml'), text);

describe('watchSettings', () => {
  it('hands over the new configuration when the file changes', async () => {
    write('log_level: info\n');

    expect(await next(() => write('log_level: debug\n'))).toMatchObject({ settings: { logLevel: 'debug' } });
  });

  it('notices a file that did not exist, and one in .env', async () => {
    expect(await next(() => write('log_level: warn\n'))).toMatchObject({ settings: { logLevel: 'warn' } });
    expect(await next(() => writeFileSync(join(cwd, '.env'), 'MPC_LOG_LEVEL=error\n'))).toMatchObject({ settings: { logLevel: 'error' } });
  });

  it('notices a change of the catalog overlay, also of one that was named only now', async () => {
    const overlay = join(cwd, 'prices', 'mine.yaml');
    mkdirSync(join(cwd, 'prices'));
    writeFileSync(overlay, 'prices: {}\n');
    const seen: LoadedSettings[] = [];
    let arrived = (): void => undefined;
    watching = watchSettings({
      cwd,
      load: () => loadSettings({ env: {}, cwd }),
      onChange(loaded) {
        seen.push(loaded);
        arrived();
      },
      onError: (thrown) => expect.unreachable(String(thrown)),
    });
    const after = (change: () => void): Promise<void> =>
      new Promise((resolve) => {
        arrived = resolve;
        change();
      });

    await after(() => write('catalog:\n  overlay: prices/mine.yaml\n'));
    await after(() => writeFileSync(overlay, 'models: {}\n'));

    expect(seen.map((loaded) => loaded.settings.catalog.overlay)).toEqual([overlay, overlay]);
  });

  it('follows the further files that the configuration names, before it is known to be right', async () => {
    const adapter = join(cwd, 'lib', 'acme.mjs');
    mkdirSync(join(cwd, 'lib'));
    let more: readonly string[] = [];
    const failed = (): Promise<Error> => Promise.reject(new Error('no such export'));
    const outcomes: string[] = [];
    let arrived = (): void => undefined;
    watching = watchSettings({
      cwd,
      load: () => (outcomes.length === 0 ? (failed() as Promise<never>) : Promise.resolve(loadSettings({ env: {}, cwd }))),
      more: () => more,
      onChange: () => {
        outcomes.push('taken');
        arrived();
      },
      onError: (thrown) => {
        outcomes.push((thrown as Error).message);
        arrived();
      },
    });
    const after = (change: () => void): Promise<void> =>
      new Promise((resolve) => {
        arrived = resolve;
        change();
      });

    more = [adapter];
    await after(() => write('log_level: info\n'));
    await after(() => writeFileSync(adapter, 'export default 1;'));

    expect(outcomes).toEqual(['no such export', 'taken']);
  });

  it('takes the last of two configurations, also when it was loaded first', async () => {
    const taken: unknown[] = [];
    const loads: ((loaded: LoadedSettings) => void)[] = [];
    let check = (): void => undefined;
    let noticed = 0;
    const clock: Clock = {
      ...systemClock,
      after(_delayMs, callback) {
        check = callback;
        noticed += 1;
        return () => undefined;
      },
    };
    watching = watchSettings({
      cwd,
      clock,
      load: () => new Promise((resolve) => loads.push(resolve)),
      onChange: (loaded) => taken.push(loaded.settings.logLevel),
      onError: (thrown) => taken.push(thrown),
    });
    const change = async (level: string): Promise<LoadedSettings> => {
      const before = noticed;
      write(`log_level: ${level}\n`);
      await expect.poll(() => noticed).toBeGreaterThan(before);
      check();
      return loadSettings({ env: {}, cwd });
    };

    const first = await change('debug');
    const second = await change('warn');
    loads[1]?.(second);
    loads[0]?.(first);
    await Promise.resolve();

    expect(taken).toEqual(['warn']);
  });

  it('tells the mistake of a wrong file instead of handing anything over, and takes the mended one', async () => {
    const wrong = await next(() => write('log_levle: info\n'));

    expect((wrong as Error).message).toContain('did you mean log_level?');
    expect(await next(() => write('log_level: debug\n'))).toMatchObject({ settings: { logLevel: 'debug' } });
  });

  it('notices a mounted file that is swapped through a symlink', async () => {
    const version = (name: string, text: string) => {
      mkdirSync(join(cwd, name));
      writeFileSync(join(cwd, name, 'mpc.yaml'), text);
    };
    version('..1', 'log_level: info\n');
    version('..2', 'log_level: debug\n');
    symlinkSync('..1', join(cwd, '..data'));
    symlinkSync('..data/mpc.yaml', join(cwd, 'mpc.yaml'));

    const swapped = await next(() => {
      symlinkSync('..2', join(cwd, '..data_tmp'));
      renameSync(join(cwd, '..data_tmp'), join(cwd, '..data'));
    });
    expect(swapped).toMatchObject({ settings: { logLevel: 'debug' } });
  });

  it('does nothing for a file that was only touched', async () => {
    write('log_level: info\n');
    const outcomes: unknown[] = [];
    const settled = new Promise<() => void>((resolve) => {
      const clock: Clock = { ...systemClock, after: (_delayMs, callback) => (resolve(callback), () => undefined) };
      const record = (outcome: unknown) => outcomes.push(outcome);
      watching = watchSettings({ cwd, clock, load: () => loadSettings({ env: {}, cwd }), onChange: record, onError: record });
      write('log_level: info\n');
    });

    (await settled)();
    expect(outcomes).toEqual([]);

    write('log_level: debug\n');
    (await settled)();
    expect(outcomes).toHaveLength(1);
  });
});

describe('changesNeedingRestart', () => {
  it('names what a running process cannot change', () => {
    const { settings } = loadSettings({ env: {}, cwd });
    const moved = loadSettings({ env: { PORT: '3001', MPC_LOG_LEVEL: 'debug' }, cwd }).settings;

    expect(changesNeedingRestart(settings, moved)).toEqual(['server.port', 'log_level']);
    expect(changesNeedingRestart(settings, settings)).toEqual([]);
  });
});
