// Every plain setting, once: path in mpc.yaml, kind, limits, default, variables, flag and help.
// The loader, `mpc config` and docs/configuration.md all read this table.
import { failureClasses } from '../routing/config.ts';

interface FieldFacts {
  /** Variables besides `MPC_<PATH>`, read first. */
  readonly env?: readonly string[];
  /** Command line flag, without the dashes. */
  readonly flag?: string;
  readonly help: string;
  readonly secret?: boolean;
}

export type Field = FieldFacts &
  (
    | { readonly path: string; readonly kind: 'integer' | 'number'; readonly default: number; readonly min: number; readonly max: number }
    /** `file` texts are paths; relative ones count from the file that names them, else from the working directory. */
    /** `orNumber`: a number without quotes is meant as it stands. */
    | { readonly path: string; readonly kind: 'text' | 'file'; readonly default?: string; readonly orNumber?: true }
    | { readonly path: string; readonly kind: 'choice'; readonly default?: string; readonly choices: readonly string[] }
    | { readonly path: string; readonly kind: 'list'; readonly default?: readonly string[]; readonly choices?: readonly string[] }
  );

const hourMs = 3_600_000;
const mostBytes = 1_024;

/** In the order of the documentation: what orders by facts, then what shares the load. */
export const strategies = [
  'quality-first',
  'cost-optimized',
  'speed-priority',
  'balanced',
  'round-robin',
  'weighted',
  'least-busy',
  'latency-based',
  'usage-based',
  'cost-based',
  'adaptive',
  'capability-match',
] as const;

/** What an alias may say: its models stand in an order already, so only how they share the load is left. */
export const sharingStrategies = [
  'round-robin',
  'weighted',
  'least-busy',
  'latency-based',
  'usage-based',
  'adaptive',
  'capability-match',
] as const satisfies readonly (typeof strategies)[number][];

const table = [
  {
    path: 'server.port',
    kind: 'integer',
    default: 3000,
    min: 0,
    max: 65_535,
    env: ['PORT'],
    flag: 'port',
    help: 'Port to listen on; 0 takes a free one.',
  },
  {
    path: 'server.host',
    kind: 'text',
    default: '127.0.0.1',
    env: ['HOST'],
    flag: 'host',
    help: 'Address to listen on. Any but a loopback address requires keys.',
  },
  {
    path: 'server.allowed_hosts',
    kind: 'list',
    default: [],
    help: 'More `Host` values to answer on loopback, besides localhost and loopback addresses.',
  },
  { path: 'server.allowed_origins', kind: 'list', default: [], help: 'Origins of web pages that may call a gateway without keys.' },
  {
    path: 'server.auth',
    kind: 'choice',
    default: 'auto',
    choices: ['auto', 'required'],
    flag: 'auth',
    help: '`auto` requires a key once one exists or when the host is not loopback; `required` always does.',
  },
  {
    path: 'server.drain_seconds',
    kind: 'integer',
    default: 600,
    min: 0,
    max: 86_400,
    help: 'How long running answers may go on after SIGTERM.',
  },
  {
    path: 'server.header_timeout_ms',
    kind: 'integer',
    default: 30_000,
    min: 100,
    max: 600_000,
    help: 'Time a client has for its request headers.',
  },
  {
    path: 'server.body_timeout_ms',
    kind: 'integer',
    default: 60_000,
    min: 100,
    max: hourMs,
    help: 'Time a client has for its request body.',
  },
  {
    path: 'server.upload_timeout_ms',
    kind: 'integer',
    default: 600_000,
    min: 100,
    max: hourMs,
    help: 'The same for multipart forms: recordings and pictures on slow links.',
  },
  { path: 'data_dir', kind: 'file', default: './data.local', flag: 'data-dir', help: 'Database, keys and caches; created with mode 700.' },
  { path: 'admin_key', kind: 'text', secret: true, help: 'Key of the admin routes. There is no default.' },
  {
    path: 'log_level',
    kind: 'choice',
    default: 'info',
    choices: ['trace', 'debug', 'info', 'warn', 'error', 'silent'],
    flag: 'log-level',
    help: 'How much is logged.',
  },
  { path: 'limits.body_mb', kind: 'number', default: 32, min: 0.001, max: mostBytes, help: 'Largest request body, in MiB.' },
  {
    path: 'limits.upload_mb',
    kind: 'number',
    default: 100,
    min: 0.001,
    max: 10_240,
    help: 'Largest multipart form (audio, images to edit), in MiB.',
  },
  { path: 'limits.json_depth', kind: 'integer', default: 512, min: 8, max: 100_000, help: 'Deepest nesting of a request body.' },
  { path: 'limits.inflate_ratio', kind: 'number', default: 20, min: 1, max: 1_000, help: 'A gzip body may grow by this factor at most.' },
  {
    path: 'limits.frame_mb',
    kind: 'number',
    default: 16,
    min: 0.001,
    max: mostBytes,
    help: 'Largest single event of an upstream stream, in MiB.',
  },
  {
    path: 'limits.answer_mb',
    kind: 'number',
    default: 64,
    min: 0.001,
    max: mostBytes,
    help: 'Largest whole answer of an upstream, in MiB.',
  },
  {
    path: 'limits.stream_buffer_kb',
    kind: 'integer',
    default: 64,
    min: 1,
    max: 65_536,
    help: 'Bytes held for a slow client before the upstream is paused, in KiB.',
  },
  {
    path: 'media.allowed_hosts',
    kind: 'list',
    default: [],
    help: 'Hosts inside your network that addresses of pictures and files may lead to, where the gateway fetches them for an upstream.',
  },
  {
    path: 'media.max_mb',
    kind: 'number',
    default: 20,
    min: 0.001,
    max: mostBytes,
    help: 'Largest picture or file that is fetched, in MiB.',
  },
  {
    path: 'media.timeout_ms',
    kind: 'integer',
    default: 15_000,
    min: 1,
    max: hourMs,
    help: 'Fetching one picture or file, redirects included.',
  },
  { path: 'timeouts.connect_ms', kind: 'integer', default: 10_000, min: 1, max: hourMs, help: 'Connecting to an upstream.' },
  {
    path: 'timeouts.first_byte_ms',
    kind: 'integer',
    default: 60_000,
    min: 1,
    max: hourMs,
    help: 'From the request to the first byte of the answer; unless it is set, an answer that is not streamed may take all of `timeouts.total_ms`. Servers of your own and slow providers have longer ones (docs/providers.md).',
  },
  {
    path: 'timeouts.idle_ms',
    kind: 'integer',
    default: 60_000,
    min: 1,
    max: hourMs,
    help: 'Between two pieces of a stream; comments count.',
  },
  { path: 'timeouts.total_ms', kind: 'integer', default: 600_000, min: 1, max: 24 * hourMs, help: 'A whole answer with all its attempts.' },
  {
    path: 'timeouts.stream_total_ms',
    kind: 'integer',
    default: 1_800_000,
    min: 1,
    max: 24 * hourMs,
    help: 'A stream with all its attempts.',
  },
  {
    path: 'retry.attempts',
    kind: 'integer',
    default: 2,
    min: 0,
    max: 10,
    help: 'Further tries on the same upstream before the next one is taken.',
  },
  {
    path: 'retry.base_delay_ms',
    kind: 'integer',
    default: 500,
    min: 0,
    max: 60_000,
    help: 'First pause between tries; it doubles, and the real pause is a random part of it.',
  },
  { path: 'retry.max_delay_ms', kind: 'integer', default: 8_000, min: 0, max: 600_000, help: 'Longest pause between tries.' },
  {
    path: 'retry.max_retry_after_ms',
    kind: 'integer',
    default: 60_000,
    min: 0,
    max: hourMs,
    help: 'An upstream that asks for a longer pause than this is left for the next one.',
  },
  { path: 'keep_alive_ms', kind: 'integer', default: 15_000, min: 100, max: 600_000, help: 'A silent stream gets a comment this often.' },
  {
    path: 'routing.strategy',
    kind: 'choice',
    default: 'quality-first',
    choices: strategies,
    flag: 'strategy',
    help: 'How candidates are ranked when the request does not say; from `round-robin` on: how equals share the load, `quality-first` otherwise.',
  },
  {
    path: 'routing.fallback',
    kind: 'choice',
    default: 'named',
    choices: ['named', 'runner-ups', 'none'],
    help: '`named`: only what a request or an alias lists may take over for a failed model; `runner-ups`: the next best candidates too; `none`: nothing.',
  },
  {
    path: 'routing.fallback_on',
    kind: 'list',
    choices: failureClasses,
    help: 'After which failures another model may take over, of `rate_limited`, `overloaded`, `error`, `timeout`, `auth`, `quota`, `content_filtered`, `context_length`. Unless it is set: after all but `content_filtered`. With `context_length` in the list, a model with a larger window is found in the catalog when none is listed.',
  },
  {
    path: 'routing.hedge',
    kind: 'choice',
    default: 'on-request',
    choices: ['off', 'on-request', 'on'],
    help: 'A second attempt beside a slow one, at another candidate: `on-request`: for calls with the header `x-mpc-hedge`; `on`: for all chat calls.',
  },
  {
    path: 'routing.hedge_after',
    kind: 'text',
    orNumber: true,
    default: 'p95',
    help: 'When the second attempt starts: `p95`, the time that only one in twenty calls of the candidate takes, or milliseconds.',
  },
  {
    path: 'routing.hedge_max_extra_percent',
    kind: 'number',
    default: 5,
    min: 0,
    max: 100,
    help: 'What second attempts of a key may cost, of what it has spent in the last hour.',
  },
  {
    path: 'routing.bill_hedges',
    kind: 'choice',
    default: 'no',
    choices: ['no', 'yes'],
    help: 'Is the key charged for the attempt that was called off, too?',
  },
  {
    path: 'routing.continue_streams',
    kind: 'choice',
    default: 'off',
    choices: ['off', 'on', 'never'],
    help: 'When a provider breaks off in the middle of a stream, another model of the plan goes on with the text: `on`: in all chat streams; `off`: where the alias or the header `x-mpc-continue` says so; `never`: not even then.',
  },
  {
    path: 'routing.layer',
    kind: 'choice',
    choices: ['direct', 'litellm', 'portkey'],
    flag: 'layer',
    help: 'Sends every call through one layer.',
  },
  {
    path: 'routing.circuit_breaker',
    kind: 'choice',
    default: 'on',
    choices: ['on', 'off'],
    help: '`on`: a connection or a model on it that keeps failing rests for a while, then one call tries it; `off`: every call is sent.',
  },
  {
    path: 'routing.runaway_repeats',
    kind: 'integer',
    default: 5,
    min: 0,
    max: 1_000_000,
    help: 'From this many times on, the very same prompt of one session within ten seconds is refused with 429, as a loop; 0 = never.',
  },
  {
    path: 'server.max_lag_ms',
    kind: 'integer',
    default: 2_000,
    min: 0,
    max: 60_000,
    help: 'When the process is this late with its work, new calls are refused with 503 until it has caught up; 0 = never.',
  },
  {
    path: 'server.max_in_flight',
    kind: 'integer',
    default: 0,
    min: 0,
    max: 10_000_000,
    help: 'Calls served at once; those beyond it wait in a queue as long, and are refused when that is full. 0 = no limit.',
  },
  { path: 'routing.regions', kind: 'list', help: 'Only connections in these regions are used.' },
  {
    path: 'cache.mode',
    kind: 'choice',
    default: 'on-request',
    choices: ['off', 'on-request', 'on'],
    help: 'Exact answer cache, each key its own: `on-request`: for calls with the header `x-mpc-cache: on`; `on`: for all without `Cache-Control: no-store`.',
  },
  { path: 'cache.ttl_seconds', kind: 'integer', default: 3_600, min: 1, max: 2_592_000, help: 'How long an answer is kept.' },
  { path: 'cache.memory_mb', kind: 'integer', default: 32, min: 1, max: 65_536, help: 'Answers kept in memory.' },
  {
    path: 'cache.disk_mb',
    kind: 'integer',
    default: 512,
    min: 0,
    max: 1_048_576,
    help: 'Answers kept in the data directory; 0 = in memory only.',
  },
  { path: 'ledger.retention_days', kind: 'integer', default: 90, min: 1, max: 36_500, help: 'Older entries are deleted.' },
  { path: 'ledger.flush_ms', kind: 'integer', default: 50, min: 1, max: 10_000, help: 'Entries are written in batches this often.' },
  {
    path: 'responses.retention_days',
    kind: 'integer',
    default: 30,
    min: 1,
    max: 3_650,
    help: 'How long answers of the Responses API are kept for `previous_response_id`, unless the request says `store: false`.',
  },
  {
    path: 'responses.max_mb',
    kind: 'integer',
    default: 1_024,
    min: 1,
    max: 1_048_576,
    help: 'Answers kept for `previous_response_id` may take this much together, in MiB; beyond it the oldest go first.',
  },
  {
    path: 'alerts.webhook_url',
    kind: 'text',
    secret: true,
    help: 'Budget alerts go here as JSON; the address is taken as a secret. Addresses inside your network are refused unless `alerts.allow_private` is `yes`.',
  },
  { path: 'alerts.slack_url', kind: 'text', secret: true, help: 'Budget alerts go here in the form of incoming webhooks of Slack.' },
  {
    path: 'alerts.mail_host',
    kind: 'text',
    help: 'Mail server for budget alerts; `alerts.mail_from` and `alerts.mail_to` belong to it. Addresses inside your network are refused unless `alerts.allow_private` is `yes`.',
  },
  {
    path: 'alerts.mail_port',
    kind: 'integer',
    default: 587,
    min: 1,
    max: 65_535,
    help: 'Its port; unless it is set, 465 with `alerts.mail_tls: implicit` and 25 with `none`.',
  },
  {
    path: 'alerts.mail_tls',
    kind: 'choice',
    default: 'starttls',
    choices: ['starttls', 'implicit', 'none'],
    help: '`starttls`: encrypted before anything is said, or not sent at all; `implicit`: encrypted from the first byte; `none`: readable on the way.',
  },
  { path: 'alerts.mail_user', kind: 'text', help: 'User name at the mail server, where it wants one.' },
  { path: 'alerts.mail_password', kind: 'text', secret: true, help: 'Password at the mail server.' },
  { path: 'alerts.mail_from', kind: 'text', help: 'Sender: `alerts@example.com` or `Gateway <alerts@example.com>`.' },
  { path: 'alerts.mail_to', kind: 'list', help: 'Recipients.' },
  {
    path: 'alerts.mail_ca_file',
    kind: 'file',
    help: "PEM file of the authority that signed the mail server's certificate, if it is your own.",
  },
  {
    path: 'alerts.allow_private',
    kind: 'choice',
    default: 'no',
    choices: ['no', 'yes'],
    help: 'May alerts go to loopback and private addresses?',
  },
  { path: 'catalog.overlay', kind: 'file', help: 'YAML file with models, prices and aliases of your own.' },
] as const satisfies readonly Field[];

type Known = (typeof table)[number];
export type FieldPath = Known['path'];
export type PathOfKind<Kind extends Field['kind']> = Extract<Known, { kind: Kind }>['path'];

export const fields: readonly Field[] = table;

/** The variables of a setting, in the order they are read. */
export function variablesOf(field: Field): readonly string[] {
  return [...(field.env ?? []), `MPC_${field.path.toUpperCase().replaceAll('.', '_')}`];
}
