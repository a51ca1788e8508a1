// The configuration as `mpc config` shows it: every value with its origin, secrets never.
import { providerSettings, type ProviderSettings } from '../providers/config.ts';
import { accountFields } from './account-fields.ts';
import { fields } from './fields.ts';
import type { ConnectionSetting, LoadedSettings, Origin, Settings } from './settings.ts';

export interface DescribedSetting {
  /** Dotted path as in mpc.yaml. */
  readonly path: string;
  readonly value: string | number | boolean | readonly string[] | null;
  /** `default`, `PORT`, `--port`, `mpc.yaml:3:5`. */
  readonly origin: string;
}

export function describeSettings(loaded: LoadedSettings): DescribedSetting[] {
  const { settings, origins } = loaded;
  const rows: DescribedSetting[] = fields.map((field) => {
    const value = readers[field.path]?.(settings);
    return {
      path: field.path,
      value: field.secret === true ? redact(typeof value === 'string' ? value : undefined) : (value ?? null),
      origin: nameOf(origins.get(field.path)),
    };
  });
  if (settings.file !== undefined) rows.unshift({ path: 'file', value: settings.file, origin: 'mpc.yaml' });
  for (const [name, alias] of Object.entries(settings.aliases)) {
    rows.push({ path: `aliases.${name}`, value: alias.models, origin: 'mpc.yaml' });
  }
  for (const [name, limits] of Object.entries(settings.modelTimeouts)) {
    const at = `model_timeouts.${name}`;
    for (const [limit, value] of Object.entries(limits))
      rows.push({ path: `${at}.${snake(limit)}`, value: value ?? null, origin: nameOf(origins.get(at)) });
  }
  for (const [name, chain] of Object.entries(settings.routing.fallbacks ?? {})) {
    const path = `routing.fallbacks.${name}`;
    rows.push({ path, value: chain, origin: nameOf(origins.get(path)) });
  }
  for (const connection of settings.connections) rows.push(...describeConnection(connection, loaded));
  for (const [name, url] of Object.entries(settings.proxy ?? {})) {
    rows.push({ path: `proxy.${snake(name)}`, value: withoutPassword(url), origin: 'environment' });
  }
  return rows;
}

/** `set (…last4)`; short keys show nothing of themselves. */
export function redact(secret: string | undefined): string | null {
  if (secret === undefined) return null;
  return secret.length >= 12 ? `set (…${secret.slice(-4)})` : 'set';
}

function describeConnection(connection: ConnectionSetting, { origins, own }: LoadedSettings): DescribedSetting[] {
  const secrets = secretFields(own.get(connection.provider)?.definition ?? findSettings(connection.provider));
  const prefix = `connections.${connection.id}`;
  const row = (member: string, value: DescribedSetting['value']): DescribedSetting => ({
    path: `${prefix}.${member}`,
    value,
    origin: nameOf(origins.get(`${prefix}.${member}`)),
  });
  return [
    row('provider', connection.provider),
    row('base_url', connection.baseUrl),
    row('api_key', redact(connection.apiKey)),
    // A region that is the account's stands there, with its origin.
    ...(connection.region === undefined || connection.region === connection.account?.region ? [] : [row('region', connection.region)]),
    ...Object.entries(connection.account ?? {}).map(([name, value]) => row(`account.${name}`, secrets.has(name) ? redact(value) : value)),
    ...(connection.models.length === 0 ? [] : [row('models', connection.models)]),
    // Header values are credentials as often as not.
    ...Object.keys(connection.headers).map((header) => row(`headers.${header}`, 'set')),
    ...Object.entries(connection.timeouts).map(([name, value]) => row(`timeouts.${snake(name)}`, value ?? null)),
    ...(connection.caFile === undefined ? [] : [row('ca_file', connection.caFile)]),
  ];
}

function findSettings(providerId: string): ProviderSettings | undefined {
  return providerSettings.find((candidate) => candidate.id === providerId);
}

function secretFields(provider: ProviderSettings | undefined): ReadonlySet<string> {
  const declared = provider === undefined ? [] : accountFields(provider);
  return new Set(declared.filter(([, field]) => field.secret === true).map(([name]) => name));
}

function nameOf(origin: Origin | undefined): string {
  return origin?.at ?? 'default';
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function withoutPassword(text: string): string {
  const url = URL.parse(text);
  if (url === null || (url.username === '' && url.password === '')) return text;
  return `${url.protocol}//…@${url.host}`;
}

const mib = 1_024 * 1_024;

const readers: Readonly<Record<string, (settings: Settings) => string | number | readonly string[] | undefined>> = {
  'server.port': (s) => s.server.port,
  'server.host': (s) => s.server.host,
  'server.allowed_hosts': (s) => s.server.allowedHosts,
  'server.allowed_origins': (s) => s.server.allowedOrigins,
  'server.auth': (s) => s.server.auth,
  'server.drain_seconds': (s) => s.server.drainSeconds,
  'server.header_timeout_ms': (s) => s.server.headerTimeoutMs,
  'server.body_timeout_ms': (s) => s.server.bodyTimeoutMs,
  'server.upload_timeout_ms': (s) => s.server.uploadTimeoutMs,
  data_dir: (s) => s.dataDir,
  admin_key: (s) => s.adminKey,
  log_level: (s) => s.logLevel,
  'limits.body_mb': (s) => s.limits.bodyBytes / mib,
  'limits.json_depth': (s) => s.limits.jsonDepth,
  'limits.inflate_ratio': (s) => s.limits.inflateRatio,
  'limits.frame_mb': (s) => s.limits.frameBytes / mib,
  'limits.upload_mb': (s) => s.limits.uploadBytes / mib,
  'limits.answer_mb': (s) => s.limits.answerBytes / mib,
  'limits.stream_buffer_kb': (s) => s.limits.streamBufferBytes / 1_024,
  'media.allowed_hosts': (s) => s.media.allowedHosts,
  'media.max_mb': (s) => s.media.maxBytes / mib,
  'media.timeout_ms': (s) => s.media.timeoutMs,
  'timeouts.connect_ms': (s) => s.timeouts.connectMs,
  'timeouts.first_byte_ms': (s) => s.timeouts.firstByteMs,
  'timeouts.idle_ms': (s) => s.timeouts.idleMs,
  'timeouts.total_ms': (s) => s.timeouts.totalMs,
  'timeouts.stream_total_ms': (s) => s.timeouts.streamTotalMs,
  'retry.attempts': (s) => s.retry.attempts,
  'retry.base_delay_ms': (s) => s.retry.baseDelayMs,
  'retry.max_delay_ms': (s) => s.retry.maxDelayMs,
  'retry.max_retry_after_ms': (s) => s.retry.maxRetryAfterMs,
  keep_alive_ms: (s) => s.keepAliveMs,
  'routing.strategy': (s) => s.routing.strategy,
  'routing.fallback': (s) => s.routing.fallback,
  'routing.fallback_on': (s) => s.routing.fallbackOn,
  'routing.hedge': (s) => s.routing.hedge?.mode ?? 'off',
  'routing.hedge_after': (s) => s.routing.hedge?.afterMs ?? 'p95',
  'routing.hedge_max_extra_percent': (s) => s.routing.hedge?.maxExtraPercent,
  'routing.bill_hedges': (s) => (s.routing.hedge?.bills === true ? 'yes' : 'no'),
  'routing.continue_streams': (s) => s.routing.continueStreams,
  'cache.mode': (s) => s.cache.mode,
  'cache.ttl_seconds': (s) => s.cache.ttlMs / 1_000,
  'cache.memory_mb': (s) => s.cache.memoryBytes / mib,
  'cache.disk_mb': (s) => s.cache.diskBytes / mib,
  'routing.runaway_repeats': (s) => s.routing.runawayRepeats,
  'server.max_lag_ms': (s) => s.server.maxLagMs,
  'server.max_in_flight': (s) => s.server.maxInFlight,
  'routing.circuit_breaker': (s) => (s.routing.circuitBreaker ? 'on' : 'off'),
  'routing.layer': (s) => s.routing.layer,
  'routing.regions': (s) => s.routing.regions,
  'ledger.retention_days': (s) => s.ledger.retentionDays,
  'responses.retention_days': (s) => s.responses.retentionDays,
  'responses.max_mb': (s) => s.responses.maxBytes / mib,
  'ledger.flush_ms': (s) => s.ledger.flushMs,
  'alerts.webhook_url': (s) => s.alerts.webhookUrl,
  'alerts.slack_url': (s) => s.alerts.slackUrl,
  'alerts.mail_host': (s) => s.alerts.mail?.host,
  'alerts.mail_port': (s) => s.alerts.mail?.port ?? 587,
  'alerts.mail_tls': (s) => s.alerts.mail?.tls ?? 'starttls',
  'alerts.mail_user': (s) => s.alerts.mail?.user,
  'alerts.mail_password': (s) => s.alerts.mail?.password,
  'alerts.mail_from': (s) => s.alerts.mail?.from,
  'alerts.mail_to': (s) => s.alerts.mail?.to,
  'alerts.mail_ca_file': (s) => s.alerts.mail?.caFile,
  'alerts.allow_private': (s) => (s.alerts.allowPrivate ? 'yes' : 'no'),
  'catalog.overlay': (s) => s.catalog.overlay,
};
