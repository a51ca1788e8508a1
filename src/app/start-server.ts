// The server as a process: listens, says where, reloads on change, leaves in order.
import { readEnvironment } from '../config/environment.ts';
import { findAdapterModules } from '../config/adapter-modules.ts';
import type { LoadOptions } from '../config/load-settings.ts';
import type { LoadedSettings, Settings } from '../config/settings.ts';
import { changesNeedingRestart, watchSettings } from '../config/watch-settings.ts';
import { version } from '../core/version.ts';
import { loadSettingsWithAdapters } from '../library/load-adapters.ts';
import { createLogger } from '../observability/log.ts';
import { type App, createApp } from '../app.ts';

/** Used by `mpc start`; `say` gets the greeting. Ends the process after a signal. */
export async function startServer(flags: Readonly<Record<string, string | undefined>>, say: (text: string) => void): Promise<void> {
  const cwd = process.cwd();
  const source = (): LoadOptions => ({ flags, env: readEnvironment(), cwd });
  const load = (): Promise<LoadedSettings> => loadSettingsWithAdapters(source());
  const loaded = await load();
  const logger = createLogger(loaded.settings.logLevel);
  const app = await createApp(loaded, { logger });
  const { url } = await listenOrLeave(app, loaded.settings);
  say(greeting({ url, loaded, app }));

  let current = loaded;
  const onError = (thrown: unknown): void =>
    logger.error({ problem: thrown instanceof Error ? thrown.message : 'unreadable' }, 'the new configuration is wrong; the old one stays');
  const takeOver = async (next: LoadedSettings): Promise<void> => {
    await app.reload(next);
    const restart = changesNeedingRestart(current.settings, next.settings);
    if (restart.length > 0) logger.warn({ settings: restart }, 'these settings changed, but take effect only after a restart');
    current = next;
    logger.info('the configuration was reloaded');
  };
  const watch = watchSettings({
    load,
    cwd,
    file: loaded.settings.file,
    overlay: loaded.settings.catalog.overlay,
    more: () => findAdapterModules(source()).map(({ path }) => path),
    onChange: (next) => void takeOver(next).catch(onError),
    onError,
  });

  await new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
    // The launcher was killed without a chance to tell: nobody is left to stop this process.
    if (readEnvironment()['MPC_LAUNCHER'] === '1') process.once('disconnect', () => resolve());
  });
  process.once('SIGINT', () => process.exit(130));
  logger.info('stopping: no new requests, running ones may end');
  watch.close();
  await app.close();
  process.exit(0);
}

/** Without the way out a process that cannot listen would stay, held by the timers and the database of what it cannot serve. */
async function listenOrLeave(app: App, { server }: Settings): Promise<{ readonly url: string }> {
  try {
    return await app.listen();
  } catch (cause) {
    await app.close();
    const { code } = cause as NodeJS.ErrnoException;
    const where = `${server.host}, port ${server.port}`;
    if (code === 'EADDRINUSE')
      throw new Error(`another process listens on ${where}; stop it, or take another port with --port or PORT`, { cause });
    if (code === 'EACCES') throw new Error(`this user may not listen on ${where}; take a port from 1024 on with --port or PORT`, { cause });
    if (code === 'EADDRNOTAVAIL') throw new Error(`this machine has no address ${server.host}; set another with --host or HOST`, { cause });
    throw cause;
  }
}

function greeting({ url, loaded, app }: { readonly url: string; readonly loaded: LoadedSettings; readonly app: App }): string {
  const { settings, notices } = loaded;
  const providers = [...new Set(settings.connections.map((connection) => connection.provider))].filter((id) => id !== 'demo');
  const auth = app.isOpen() ? '' : " -H 'authorization: Bearer YOUR_KEY'";
  const model = providers.length === 0 ? 'demo-fast' : 'auto';
  const lines = [
    `MPC-API ${version} listens on ${url}`,
    `  API page   ${url}/docs`,
    `  providers  ${providers.length === 0 ? 'none yet: set OPENAI_API_KEY, ANTHROPIC_API_KEY … ; the built-in demo answers until then' : providers.join(', ')}`,
    `  try        curl ${url}/v1/chat/completions${auth} -H 'content-type: application/json' -d '{"model":"${model}","messages":[{"role":"user","content":"Hello"}]}'`,
    ...notices.map((notice) => `  note       ${notice}`),
  ];
  if (app.createdAdminKey !== undefined)
    lines.push(`  admin key  ${app.createdAdminKey}   (shown this once; set MPC_ADMIN_KEY to choose your own)`);
  if (!app.isOpen()) lines.push('  keys       required; make one with: npx mpc keys create --name NAME');
  return `${lines.join('\n')}\n`;
}
