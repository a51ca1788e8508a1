// Flags over environment over mpc.yaml over defaults → one frozen object, every value with its origin, all mistakes at once.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { readEnvConnections } from './env-connections.ts';
import { newDraft } from './connection-draft.ts';
import type { Environment } from './environment.ts';
import { FieldValues } from './field-values.ts';
import { readAliases } from './file-aliases.ts';
import { readFileConnections } from './file-connections.ts';
import { type FallbackChains, readFallbacks } from './file-fallbacks.ts';
import { readFileFields } from './file-fields.ts';
import { FileReader } from './file-reader.ts';
import { type FileRules, noRules, readFileRules } from './file-rules.ts';
import { finishConnections } from './finish-connections.ts';
import { readHedge } from './hedge.ts';
import { readMailAlerts } from './mail-alerts.ts';
import { readModelTimeouts } from './model-timeouts.ts';
import { findContradictions } from './contradictions.ts';
import { builtInProviders, strayVariables } from './notices.ts';
import { ConfigError, type Problem } from './problems.ts';
import { type OwnProviders, usableProviders } from './own-providers.ts';
import { readProxy } from './proxy.ts';
import { parseSettingsFile, type SettingsFile } from './settings-file.ts';
import type { AliasSetting, LoadedSettings, Origin, Settings } from './settings.ts';

export interface LoadOptions {
  /** Command line flags without dashes, in kebab or camel case; those that are no settings are ignored. */
  readonly flags?: Readonly<Record<string, string | undefined>>;
  readonly env: Environment;
  readonly cwd: string;
  /** What the modules named in `providers.<id>.adapter` gave, by id. Undefined: they were not loaded, and what they serve is left out. */
  readonly own?: OwnProviders;
}

/** Throws a ConfigError that names every mistake. */
export function loadSettings(options: LoadOptions): LoadedSettings {
  const problems: Problem[] = [];
  const notices: string[] = [];
  const { env, at } = withDotEnv(options);
  const flags = options.flags ?? {};
  const values = new FieldValues();

  const file = openSettingsFile(options, problems);
  const reader = file === undefined ? undefined : new FileReader(file, env, problems);
  if (reader !== undefined) readFileFields(reader, values);
  values.readEnvironment(env, at, problems);
  values.readFlags(flags, problems);

  const fromFile = reader === undefined ? { drafts: [], notices: [] } : readFileConnections(reader, options.own);
  notices.push(...fromFile.notices);
  const { drafts } = fromFile;
  for (const provider of builtInProviders) {
    if (!drafts.some((draft) => draft.id === provider.id))
      drafts.push(newDraft({ id: provider.id, provider, at: 'built in', named: undefined }));
  }
  const own = usableProviders(options.own);
  readEnvConnections({ env, at, more: [...own.values()].map(({ definition }) => definition) }, drafts, problems);
  const server = { host: values.text('server.host') ?? '', port: values.number('server.port') };
  const connections = finishConnections(drafts, { server, problems, notices });
  const aliases = reader === undefined ? {} : readAliases(reader, values);
  const modelTimeouts = reader === undefined ? {} : readModelTimeouts(reader, values);
  const rules = reader === undefined ? noRules : readFileRules(reader, values);
  const chains = reader === undefined ? undefined : readFallbacks(reader, aliases, values);
  const hedge = readHedge(values, problems);
  const proxy = readProxy(env, problems);
  const paths = resolvePaths(values, { file, cwd: options.cwd });
  const mail = readMailAlerts({ values, caFile: paths.mailCaFile }, problems);
  problems.push(...findContradictions(values, connections));
  notices.push(...strayVariables(env));
  if (problems.length > 0) throw new ConfigError(problems);

  const settings = assemble({ values, paths, aliases, modelTimeouts, rules, routes: { chains, hedge }, mail, connections, proxy, file });
  const origins = new Map<string, Origin>(values.origins);
  for (const draft of drafts) for (const [member, origin] of draft.origins) origins.set(`connections.${draft.id}.${member}`, origin);
  return { settings: deepFreeze(settings), origins, notices, own };
}

/** mpc.yaml, or the file that the flag or the variable names; undefined = there is none. */
export function openSettingsFile(options: LoadOptions, problems: Problem[]): SettingsFile | undefined {
  const { env } = withDotEnv(options);
  return openFile({ flag: options.flags?.['config'], variable: env['MPC_CONFIG'], cwd: options.cwd }, problems);
}

/** Variables of the working directory's .env, which the real environment overrides, even with an empty value. */
function withDotEnv({ env, cwd }: LoadOptions): { env: Environment; at: (name: string) => string } {
  const path = resolve(cwd, '.env');
  if (!existsSync(path)) return { env, at: (name) => name };
  const dotEnv = parseEnv(readFileSync(path, 'utf8')) as Record<string, string>;
  return { env: { ...dotEnv, ...env }, at: (name) => (env[name] === undefined ? `.env ${name}` : name) };
}

interface FileWish {
  readonly flag: string | undefined;
  readonly variable: string | undefined;
  readonly cwd: string;
}

function openFile({ flag, variable, cwd }: FileWish, problems: Problem[]): SettingsFile | undefined {
  const named = [flag, variable].find((name) => (name ?? '').trim() !== '')?.trim();
  const path = resolve(cwd, named ?? 'mpc.yaml');
  if (existsSync(path)) return parseSettingsFile(path, readFileSync(path, 'utf8'), problems);
  if (named !== undefined)
    problems.push({ at: flag === undefined ? 'MPC_CONFIG' : '--config', path: '', message: `there is no file ${path}` });
  return undefined;
}

interface Paths {
  readonly dataDir: string;
  readonly overlay: string | undefined;
  readonly mailCaFile: string | undefined;
}

function resolvePaths(values: FieldValues, base: { readonly file: SettingsFile | undefined; readonly cwd: string }): Paths {
  const absolute = (path: 'data_dir' | 'catalog.overlay' | 'alerts.mail_ca_file'): string | undefined => {
    const value = values.text(path);
    const fromFile = values.origins.get(path)?.kind === 'file' && base.file !== undefined;
    return value === undefined ? undefined : resolve(fromFile && base.file !== undefined ? dirname(base.file.path) : base.cwd, value);
  };
  return { dataDir: absolute('data_dir') ?? base.cwd, overlay: absolute('catalog.overlay'), mailCaFile: absolute('alerts.mail_ca_file') };
}

interface Parts {
  readonly values: FieldValues;
  readonly paths: Paths;
  readonly aliases: Readonly<Record<string, AliasSetting>>;
  readonly modelTimeouts: Settings['modelTimeouts'];
  readonly rules: FileRules;
  readonly routes: { readonly chains: FallbackChains | undefined; readonly hedge: Settings['routing']['hedge'] };
  readonly mail: Settings['alerts']['mail'];
  readonly connections: Settings['connections'];
  readonly proxy: Settings['proxy'];
  readonly file: SettingsFile | undefined;
}

const kib = 1_024;
const mib = 1_024 * 1_024;

function assemble({ values, paths, aliases, modelTimeouts, rules, routes, mail, connections, proxy, file }: Parts): Settings {
  const adminKey = values.text('admin_key');
  const webhookUrl = values.text('alerts.webhook_url');
  const slackUrl = values.text('alerts.slack_url');
  const layer = values.text('routing.layer') as Settings['routing']['layer'];
  const regions = values.list('routing.regions');
  const fallbackOn = values.list('routing.fallback_on') as Settings['routing']['fallbackOn'];
  return {
    server: {
      port: values.number('server.port'),
      host: values.text('server.host') ?? '',
      allowedHosts: values.list('server.allowed_hosts') ?? [],
      allowedOrigins: values.list('server.allowed_origins') ?? [],
      auth: values.text('server.auth') as Settings['server']['auth'],
      drainSeconds: values.number('server.drain_seconds'),
      maxLagMs: values.number('server.max_lag_ms'),
      maxInFlight: values.number('server.max_in_flight'),
      headerTimeoutMs: values.number('server.header_timeout_ms'),
      bodyTimeoutMs: values.number('server.body_timeout_ms'),
      uploadTimeoutMs: values.number('server.upload_timeout_ms'),
    },
    dataDir: paths.dataDir,
    ...(adminKey !== undefined && { adminKey }),
    logLevel: values.text('log_level') as Settings['logLevel'],
    limits: {
      bodyBytes: Math.floor(values.number('limits.body_mb') * mib),
      uploadBytes: Math.floor(values.number('limits.upload_mb') * mib),
      jsonDepth: values.number('limits.json_depth'),
      inflateRatio: values.number('limits.inflate_ratio'),
      frameBytes: Math.floor(values.number('limits.frame_mb') * mib),
      answerBytes: Math.floor(values.number('limits.answer_mb') * mib),
      streamBufferBytes: values.number('limits.stream_buffer_kb') * kib,
    },
    timeouts: {
      connectMs: values.number('timeouts.connect_ms'),
      firstByteMs: values.number('timeouts.first_byte_ms'),
      wholeFirstByteMs: wholeFirstByteMs(values),
      idleMs: values.number('timeouts.idle_ms'),
      totalMs: values.number('timeouts.total_ms'),
      streamTotalMs: values.number('timeouts.stream_total_ms'),
    },
    modelTimeouts,
    retry: {
      attempts: values.number('retry.attempts'),
      baseDelayMs: values.number('retry.base_delay_ms'),
      maxDelayMs: values.number('retry.max_delay_ms'),
      maxRetryAfterMs: values.number('retry.max_retry_after_ms'),
    },
    keepAliveMs: values.number('keep_alive_ms'),
    media: {
      allowedHosts: values.list('media.allowed_hosts') ?? [],
      maxBytes: Math.floor(values.number('media.max_mb') * mib),
      timeoutMs: values.number('media.timeout_ms'),
    },
    routing: {
      strategy: values.text('routing.strategy') as Settings['routing']['strategy'],
      fallback: values.text('routing.fallback') as Settings['routing']['fallback'],
      continueStreams: values.text('routing.continue_streams') as Settings['routing']['continueStreams'],
      runawayRepeats: values.number('routing.runaway_repeats'),
      circuitBreaker: values.text('routing.circuit_breaker') !== 'off',
      ...(layer !== undefined && { layer }),
      ...(regions !== undefined && { regions }),
      ...(fallbackOn !== undefined && { fallbackOn }),
      ...(routes.chains !== undefined && { fallbacks: routes.chains }),
      ...(routes.hedge !== undefined && { hedge: routes.hedge }),
    },
    responses: { retentionDays: values.number('responses.retention_days'), maxBytes: values.number('responses.max_mb') * mib },
    cache: {
      mode: values.text('cache.mode') as Settings['cache']['mode'],
      ttlMs: values.number('cache.ttl_seconds') * 1_000,
      memoryBytes: values.number('cache.memory_mb') * mib,
      diskBytes: values.number('cache.disk_mb') * mib,
    },
    ledger: { retentionDays: values.number('ledger.retention_days'), flushMs: values.number('ledger.flush_ms') },
    catalog: { ...(paths.overlay !== undefined && { overlay: paths.overlay }) },
    aliases,
    budgets: rules.budgets,
    rateLimits: rules.rateLimits,
    alerts: {
      allowPrivate: values.text('alerts.allow_private') === 'yes',
      ...(webhookUrl !== undefined && { webhookUrl }),
      ...(slackUrl !== undefined && { slackUrl }),
      ...(mail !== undefined && { mail }),
    },
    connections,
    ...(proxy !== undefined && { proxy }),
    ...(file !== undefined && { file: file.path }),
  };
}

/** What the operator says counts for every answer; our own default suits streams, and would cut off a long answer in the making. */
function wholeFirstByteMs(values: FieldValues): number {
  const firstByteMs = values.number('timeouts.first_byte_ms');
  return values.origins.get('timeouts.first_byte_ms')?.kind === 'default'
    ? Math.max(firstByteMs, values.number('timeouts.total_ms'))
    : firstByteMs;
}

/** Settings are shared by every part for the life of a configuration; a part that changed one would change it for all. */
function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) deepFreeze(member);
    Object.freeze(value);
  }
  return value;
}
