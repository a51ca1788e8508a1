// `mpc doctor`: what stands between this installation and a working answer, and how to mend it.
import type { Command } from 'commander';
import type { Check, Reach } from '../config/doctor.ts';
import type { ConnectionSetting, LoadedSettings, Settings } from '../config/settings.ts';
import type { ProviderAdapter } from '../providers/adapter.ts';
import type { Authorizer } from '../transport/authorize.ts';
import { loadCliSettingsWithAdapters } from './load-cli-settings.ts';
import { printJson, printLine, styled } from './terminal.ts';

export function defineDoctor(program: Command): void {
  const command = program
    .command('doctor')
    .description('check Node, port, configuration, keys and every configured upstream')
    .option('--json', 'one JSON object per check')
    .action((options: { json?: true }) => examine(command, options));
}

async function examine(command: Command, options: { json?: true }): Promise<void> {
  const { probeDataDir, runDoctor } = await import('../config/doctor.ts');
  const { ConfigError } = await import('../config/problems.ts');
  const { probePort } = await import('../transport/probe.ts');
  const loaded = await loadCliSettingsWithAdapters(command).catch((error: unknown) => {
    if (error instanceof ConfigError) return error;
    throw error;
  });
  const checks = await runDoctor(loaded, {
    nodeVersion: process.versions.node,
    portState: probePort,
    dataDirState: probeDataDir,
    credentials: async (connection) => (loaded instanceof ConfigError ? undefined : findCredentials(connection, loaded)),
    reach: async (connection) => (loaded instanceof ConfigError ? undefined : reach(connection, loaded)),
  });
  for (const check of checks) {
    if (options.json === true) printJson({ name: check.name, ok: check.ok, detail: check.detail, fix: check.fix ?? null });
    else printLine(toLines(check));
  }
  if (checks.some((check) => !check.ok)) process.exitCode = 1;
}

/** Asks for the list of models, which every provider answers quickly and none charges for. */
async function reach(connection: ConnectionSetting, { settings, own }: LoadedSettings): Promise<Reach | undefined> {
  const { findProvider, requestHeaders } = await import('../providers/index.ts');
  const { fillTemplate } = await import('../providers/fill-template.ts');
  const { probeUrl } = await import('../transport/probe.ts');
  const { definition = findProvider(connection.provider), adapter } = own.get(connection.provider) ?? {};
  if (adapter !== undefined) return reachAdapter(adapter, connection);
  if (definition === undefined || definition.builtIn === true) return undefined;
  const path = definition.models?.path ?? definition.chat[0]?.path ?? '';
  const proxyUrl = await proxyOf(connection, settings);
  const authorizer = await authorizerOf(connection, own);
  return probeUrl({
    url: connection.baseUrl.replace(/\/+$/, '') + fillTemplate(path, { ...connection.account, model: 'none' }),
    headers: requestHeaders(definition, authorizer === undefined ? connection : { headers: connection.headers }),
    ...(authorizer !== undefined && { authorizer }),
    ...(connection.caFile !== undefined && { caFile: connection.caFile }),
    ...(proxyUrl !== undefined && { proxyUrl }),
  });
}

/** An adapter says itself whether it can answer. */
async function reachAdapter(adapter: ProviderAdapter, { models }: ConnectionSetting): Promise<Reach> {
  const { systemClock } = await import('../core/clock.ts');
  const startedMs = systemClock.monotonicMs();
  try {
    const [model] = models;
    if (model === undefined) await adapter.listModels();
    else await adapter.load(model);
    return { kind: 'answered', status: 200, elapsedMs: systemClock.monotonicMs() - startedMs };
  } catch (thrown) {
    return { kind: 'failed', message: thrown instanceof Error ? thrown.message : 'the adapter failed' };
  }
}

/** Signatures and tokens: does the machine have what they are made from? */
async function findCredentials(connection: ConnectionSetting, { own }: LoadedSettings): Promise<string | undefined> {
  return (await authorizerOf(connection, own))?.check?.();
}

async function authorizerOf(connection: ConnectionSetting, own: LoadedSettings['own']): Promise<Authorizer | undefined> {
  const { findProvider } = await import('../providers/index.ts');
  const scheme = connection.auth ?? (own.get(connection.provider)?.definition ?? findProvider(connection.provider))?.auth;
  if (scheme?.kind !== 'authorizer') return undefined;
  return scheme.create({ fields: connection.account ?? {}, ...(connection.apiKey !== undefined && { apiKey: connection.apiKey }) });
}

async function proxyOf(connection: ConnectionSetting, { proxy }: Settings): Promise<string | undefined> {
  const { proxyFor } = await import('../transport/dispatchers.ts');
  return proxyFor(new URL(connection.baseUrl).origin, proxy);
}

function toLines({ name, ok, detail, fix }: Check): string {
  const mark = ok ? styled('green', 'ok  ') : styled('red', 'FAIL');
  return `${mark} ${name}: ${detail}${fix === undefined ? '' : `\n     → ${fix}`}`;
}
