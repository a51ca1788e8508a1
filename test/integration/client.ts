// What the integration tests share: a client that keeps everything it saw, a gateway between two scripted providers, and its ledger.
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll } from 'vitest';
import { toEntryJson } from '../../src/cli/entry-json.ts';
import { compileCatalog } from '../../src/catalog/compile-catalog.ts';
import type { CompiledCatalog } from '../../src/catalog/records.ts';
import { type Database, openDatabase } from '../../src/storage/sqlite/open-database.ts';
import { type FakeUpstream, type Responder, startUpstream } from '../support/fake-upstream.ts';
import { type GatewayOptions, type RunningGateway, startGateway } from '../support/start-gateway.ts';

export type Json = Readonly<Record<string, unknown>>;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as the test claims it to be; a wrong claim fails the assertion that uses it. */
  json<Shape = Json>(): Shape;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, instead of `body`. */
  readonly raw?: string | Buffer;
  readonly signal?: AbortSignal;
}

/** One request; the response is not read yet. */
export function open(gateway: { readonly url: string }, path: string, asked: Asked = {}): Promise<Response> {
  const payload = asked.raw ?? (asked.body === undefined ? undefined : JSON.stringify(asked.body));
  return fetch(`${gateway.url}${path}`, {
    method: asked.method ?? (payload === undefined ? 'GET' : 'POST'),
    headers: { ...(payload !== undefined && { 'content-type': 'application/json' }), ...asked.headers },
    redirect: 'manual',
    ...(payload !== undefined && { body: typeof payload === 'string' ? payload : new Uint8Array(payload) }),
    ...(asked.signal !== undefined && { signal: asked.signal }),
  });
}

export async function ask(gateway: { readonly url: string }, path: string, asked: Asked = {}): Promise<Answer> {
  const response = await open(gateway, path, asked);
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: <Shape>() => JSON.parse(text) as Shape };
}

export const hello = [{ role: 'user', content: 'Say hello' }];
/** Priced models of the catalog, one a provider. */
export const gptModel = 'gpt-4o-mini';
export const claudeModel = 'claude-haiku-4-5';

export const chatBody = (more: Json = {}): Json => ({ model: gptModel, messages: hello, ...more });
export const messagesBody = (more: Json = {}): Json => ({ model: claudeModel, max_tokens: 100, messages: hello, ...more });

/** OpenAI chat at `/v1`. */
export const chat = (gateway: { readonly url: string }, more: Json = {}, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  ask(gateway, '/v1/chat/completions', { body: chatBody(more), headers });

/** Anthropic messages at `/v1`. */
export const messages = (
  gateway: { readonly url: string },
  more: Json = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> => ask(gateway, '/v1/messages', { body: messagesBody(more), headers });

let catalog: CompiledCatalog | undefined;

/** A gateway of its own; the catalog is compiled once a file. */
export function start(options: GatewayOptions = {}): Promise<RunningGateway> {
  catalog ??= compileCatalog(new URL('../../data', import.meta.url).pathname);
  const { parts, env, ...rest } = options;
  return startGateway({ ...rest, env: { ...quick, ...env }, parts: { catalog, ...parts } });
}

/** Retries without waiting, entries written at once. */
export const quick = { MPC_RETRY_BASE_DELAY_MS: '1', MPC_LEDGER_FLUSH_MS: '1' };

export interface Stage {
  readonly gateway: RunningGateway;
  readonly openai: FakeUpstream;
  readonly anthropic: FakeUpstream;
}

export const openaiKey = 'sk-upstream-openai-0123456789';
export const anthropicKey = 'sk-upstream-anthropic-0123456789';

/** A gateway with an OpenAI and an Anthropic account, both scripted. */
export async function startStage(options: GatewayOptions = {}): Promise<Stage> {
  const [openai, anthropic] = await Promise.all([startProvider(), startProvider()]);
  const env = {
    OPENAI_BASE_URL: openai.baseUrl,
    OPENAI_API_KEY: openaiKey,
    ANTHROPIC_BASE_URL: anthropic.url,
    ANTHROPIC_API_KEY: anthropicKey,
    ...options.env,
  };
  return { gateway: await start({ ...options, env }), openai, anthropic };
}

const providers = new Set<FakeUpstream>();
const databases = new Map<string, Database>();

/** A scripted provider that is closed after the test file. */
export async function startProvider(...responders: readonly Responder[]): Promise<FakeUpstream> {
  const upstream = await startUpstream(...responders);
  providers.add(upstream);
  return upstream;
}

afterAll(async () => {
  for (const database of databases.values()) database.close();
  databases.clear();
  for (const upstream of providers) await upstream.close();
});

export interface LogLine {
  readonly id: string;
  readonly time: string;
  readonly principal: string;
  readonly dialect: string;
  readonly endpoint: string;
  readonly requested_model: string | null;
  readonly model: string | null;
  readonly provider: string | null;
  readonly connection: string | null;
  readonly layer: string | null;
  readonly stream: boolean;
  readonly status: number;
  readonly error_code: string | null;
  readonly attempts: readonly {
    readonly provider: string;
    readonly model: string;
    readonly status: number | null;
    readonly error_code: string | null;
    readonly first_byte_ms: number | null;
    readonly total_ms: number;
  }[];
  readonly usage: {
    readonly input: number;
    readonly cached_input: number;
    readonly cache_write: number;
    readonly output: number;
    readonly reasoning: number;
    readonly source: string;
  } | null;
  readonly cost_nano_usd: number | null;
  readonly priced: boolean;
  readonly decision_id: string | null;
  readonly finish: string | null;
  readonly warnings: readonly string[];
  readonly timings_ms: Readonly<Record<string, number | null>>;
}

async function databaseOf(gateway: { readonly dataDir: string }): Promise<Database> {
  const known = databases.get(gateway.dataDir);
  if (known !== undefined) return known;
  const opened = await openDatabase(gateway.dataDir);
  databases.set(gateway.dataDir, opened);
  return opened;
}

/** Every line of the ledger, oldest first, in the documented form. */
export async function logLines(gateway: { readonly dataDir: string }): Promise<readonly LogLine[]> {
  const { reader } = await databaseOf(gateway);
  return [...reader.readEntries({})].map((entry) => toEntryJson(entry) as LogLine);
}

/** The line of an answer, as soon as it is written. */
export async function lineOf(gateway: { readonly dataDir: string }, answer: { readonly headers: Headers }): Promise<LogLine> {
  const id = answer.headers.get('x-request-id') ?? '';
  return lineWhere(gateway, (line) => line.id === id);
}

const lineLimitMs = 8_000;

export async function lineWhere(gateway: { readonly dataDir: string }, fits: (line: LogLine) => boolean): Promise<LogLine> {
  // Not `expect.poll`: concurrent tests have no current test for it.
  for (const deadlineMs = performance.now() + lineLimitMs; performance.now() < deadlineMs; await delay(5)) {
    const line = (await logLines(gateway)).find(fits);
    if (line !== undefined) return line;
  }
  throw new Error(`no such line in the ledger within ${lineLimitMs} ms`);
}

/** Bytes to a socket, and all that comes back until the server closes. */
export function exchangeBytes(gateway: { readonly url: string }, bytes: string | Buffer): Promise<string> {
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  let seen = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    seen += text;
  });
  socket.write(bytes);
  return new Promise((resolve) => {
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(seen));
  });
}

export interface OpenaiErrorBody {
  readonly error: { readonly message: string; readonly type: string; readonly code: string; readonly param: string | null };
}

export interface AnthropicErrorBody {
  readonly type: 'error';
  readonly error: { readonly type: string; readonly message: string };
}

export interface ApiErrorBody {
  readonly error: string;
  readonly message: string;
  readonly code: string;
  readonly param?: string;
}

export const embeddingBody = { model: 'text-embedding-3-small', input: 'hello' };
