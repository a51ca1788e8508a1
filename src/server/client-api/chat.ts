// Chat in every dialect: bytes in, one scan for types and facts, then the gateway.
import type { ClientDialectId } from '../../canonical/chat.ts';
import { estimateTokens } from '../../canonical/estimate.ts';
import { asArray, asObject, asString, type JsonValue } from '../../core/json.ts';
import { findMember, readMember, type Scanned, type Shape, scanObject } from '../../core/json-outline.ts';
import type { ClientDialect } from '../../dialects/dialect.ts';
import type { CacheWish, ChatRequestCall, ModelWish, Need } from '../../gateway/call.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import type { ResponseCall } from '../../gateway/responses.ts';
import type { Call } from '../call.ts';
import { type BodyLimits, readBody } from '../read-body.ts';
import { sendReply } from '../send-reply.ts';
import { readContinueWish } from './continue-wish.ts';
import { readHedgeWish } from './hedge-wish.ts';
import { readPayer } from './payer.ts';
import { noConstraints, readBalance, readConstraints, readFallbackOn } from './constraints.ts';

export interface ChatRouteOptions {
  readonly gateway: Gateway;
  readonly dialect: ClientDialect;
  /** A form of it for clients that read it more narrowly; undefined = the plain one. */
  readonly dialectFor?: (call: Call) => ClientDialect | undefined;
  readonly shape: Shape;
  readonly reading: BodyReading;
  readonly limits: BodyLimits & { readonly jsonDepth: number };
  readonly forwardedHeaders: Readonly<Partial<Record<ClientDialectId, readonly string[]>>>;
}

/** What the gateway must know of a body before anything decodes it; each dialect names these things its own way. */
export interface BodyReading {
  readonly maxOutputTokens: (scanned: Scanned) => number | undefined;
  /** The text a task is guessed from; called only when neither model nor task is given. */
  readonly promptText: (scanned: Scanned) => string;
  /** Members that are ours and no upstream's. */
  readonly gatewayMembers: ReadonlySet<string>;
  /** `fallbacks` in the body is ours. */
  readonly takesFallbacks: boolean;
  /** The caller gets usage in a stream; default: always. */
  readonly includeUsage?: (scanned: Scanned) => boolean;
}

/** Members that are ours and no upstream's, in every dialect. */
export const gatewayMembers: ReadonlySet<string> = new Set([
  'task',
  'task_type',
  'domain',
  'modality',
  'quality_tier',
  'speed_tier',
  'max_cost_usd',
  'max_latency_ms',
  'strategy',
  'fallback_on',
  'mpc',
]);
/** In OpenAI's dialects one more: the word means something else to Anthropic. */
export const gatewayMembersOpenai: ReadonlySet<string> = new Set([...gatewayMembers, 'fallbacks']);

export function chatHandler(options: ChatRouteOptions): (call: Call) => Promise<void> {
  const { gateway, limits, shape } = options;
  const scanOptions = { maxDepth: limits.jsonDepth, shape };
  return async (call) => {
    const scanned = scanObject(await readBody(call.request, limits), scanOptions);
    // Not by `serveScanned`: one more asynchronous function for nearly every call.
    return sendReply(call, await gateway.chat(askedBy(call, { scanned }, options)));
  };
}

export interface ScannedBody {
  readonly scanned: Scanned;
  /** Stands above the `model` of the body. */
  readonly model?: string | undefined;
  /** The path says whether the answer is streamed; otherwise the body's `stream` does. */
  readonly stream?: boolean | undefined;
  /** What the request continues and what is kept of its answer. */
  readonly remembered?: ResponseCall | undefined;
}

/** The part that routes with a body of their own making (`task` + `input`, deployments) share. */
export async function serveScanned(call: Call, body: ScannedBody, options: ChatRouteOptions): Promise<void> {
  const reply = await options.gateway.chat(askedBy(call, body, options));
  return sendReply(call, body.remembered === undefined ? reply : body.remembered.keep(reply));
}

function askedBy(call: Call, { scanned, model, stream, remembered }: ScannedBody, options: ChatRouteOptions): ChatRequestCall {
  const { reading } = options;
  const dialect = options.dialectFor?.(call) ?? options.dialect;
  const name = model ?? asString(readMember(scanned, 'model'));
  return {
    requestId: call.id,
    endpoint: call.path,
    dialectName: dialect.id,
    principal: call.principal,
    arrivedMs: call.arrivedMs,
    arrivedWallMs: call.arrivedWallMs,
    authMs: call.authMs,
    interruption: call.interruption,
    failsAs: call.grammar,
    sessionId: sessionOf(call),
    cache: readCacheWish(call),
    hedge: readHedgeWish(call),
    continues: readContinueWish(call),
    readPayer: () => readPayer(call, scanned),
    cacheKey: asString(readMember(scanned, 'prompt_cache_key'))?.slice(0, 200),
    wish: readWish(call, scanned, { name, reading, rememberedChars: remembered?.rememberedChars ?? 0 }),
    chat: {
      dialect,
      outline: scanned,
      stream: stream ?? readMember(scanned, 'stream') === true,
      includeUsage: reading.includeUsage?.(scanned) ?? true,
      requestedModel: name ?? 'auto',
      gatewayMembers: reading.gatewayMembers,
      forwardHeaders: forwarded(call, options.forwardedHeaders[dialect.id]),
      demoHeader: call.header('x-mpc-demo'),
      variantFor: remembered?.variantFor,
    },
    onSent: remembered?.onSent,
  };
}

interface Asked {
  readonly name: string | undefined;
  readonly reading: BodyReading;
  /** Prompt that is not in the body. */
  readonly rememberedChars: number;
}

function readWish(call: Call, scanned: Scanned, asked: Asked): ModelWish {
  const { name, reading } = asked;
  const wishes = hasConstraints(call, scanned) ? readWishes(constraintSource(call, scanned)) : unconstrained;
  return {
    name: name === '' ? undefined : name,
    fallbacks: readFallbacks(call, scanned, reading),
    needs: scanned.facts.flags as readonly Need[],
    contextTokens: estimateTokens(Math.max(0, scanned.end - scanned.start - scanned.facts.mediaBytes) + asked.rememberedChars),
    maxOutputTokens: reading.maxOutputTokens(scanned),
    answers: readPositive(scanned, 'n'),
    modality: 'text',
    constraints: wishes.constraints,
    hasConstraints: wishes.hasConstraints,
    balance: wishes.balance,
    fallbackOn: wishes.fallbackOn,
    promptText: () => reading.promptText(scanned),
  };
}

const noNames: readonly string[] = [];

type Wishes = Pick<ModelWish, 'constraints' | 'hasConstraints' | 'balance' | 'fallbackOn'>;

const unconstrained: Wishes = { constraints: noConstraints, hasConstraints: false, balance: undefined, fallbackOn: undefined };

function readWishes(source: Record<string, unknown>): Wishes {
  return { constraints: readConstraints(source), hasConstraints: true, balance: readBalance(source), fallbackOn: readFallbackOn(source) };
}

/** The member, where it is a positive number. */
export function readPositive(scanned: Scanned, name: string): number | undefined {
  const value = readMember(scanned, name);
  return typeof value === 'number' && value > 0 ? value : undefined;
}

export const chatReading: BodyReading = {
  maxOutputTokens: (scanned) => readPositive(scanned, 'max_completion_tokens') ?? readPositive(scanned, 'max_tokens'),
  promptText: (scanned) => lastUserText(readMember(scanned, 'messages') as JsonValue | undefined),
  gatewayMembers: gatewayMembersOpenai,
  takesFallbacks: true,
  includeUsage: asksUsage,
};

export const completionsReading: BodyReading = { ...chatReading, promptText };

export const messagesReading: BodyReading = {
  maxOutputTokens: (scanned) => readPositive(scanned, 'max_tokens'),
  promptText: chatReading.promptText,
  gatewayMembers,
  takesFallbacks: false,
};

/** In the body for OpenAI's dialects (`["model", …]`), by header for every dialect: `fallbacks` is Anthropic's own word. */
function readFallbacks(call: Call, scanned: Scanned, reading: BodyReading): readonly string[] {
  const listed = reading.takesFallbacks ? asArray(readMember(scanned, 'fallbacks')) : undefined;
  if (listed !== undefined) {
    return listed.map((entry) => asString(entry) ?? asString(asObject(entry)?.['model'])).filter((name) => name !== undefined);
  }
  const header = call.header('x-mpc-fallbacks');
  return header === undefined
    ? noNames
    : header
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '');
}

const constraintHeaders = {
  'x-mpc-task': 'task',
  'x-mpc-domain': 'domain',
  'x-mpc-strategy': 'strategy',
  'x-mpc-fallback-on': 'fallback_on',
} as const;
const constraintHeaderNames = Object.keys(constraintHeaders);

function hasConstraints(call: Call, scanned: Scanned): boolean {
  for (const member of scanned.members) if (gatewayMembers.has(member.key)) return true;
  for (const name of constraintHeaderNames) if (call.request.headers[name] !== undefined) return true;
  return false;
}

function constraintSource(call: Call, scanned: Scanned): Record<string, unknown> {
  const source: Record<string, unknown> = {};
  for (const [header, field] of Object.entries(constraintHeaders)) {
    const value = call.header(header);
    if (value !== undefined) source[field] = value;
  }
  for (const key of gatewayMembers) {
    if (findMember(scanned, key) !== undefined) source[key] = readMember(scanned, key);
  }
  return { ...source, ...(asObject(source['mpc']) as Record<string, unknown> | undefined) };
}

function asksUsage(scanned: Scanned): boolean {
  return asObject(readMember(scanned, 'stream_options'))?.['include_usage'] === true;
}

/** `Cache-Control: no-store | no-cache`, and our own words; nothing when none of them is said. */
function readCacheWish({ request }: Call): CacheWish | undefined {
  const { headers } = request;
  const said = headers['x-mpc-cache'];
  const control = headers['cache-control'];
  const shares = headers['x-mpc-coalesce'] === 'on';
  if (said === undefined && control === undefined && !shares) return undefined;
  const use = control?.includes('no-store') === true || said === 'off' ? false : said === 'on' ? true : undefined;
  const seconds = Number(headers['x-mpc-cache-ttl'] ?? Number.NaN);
  const scope = headers['x-mpc-cache-scope'];
  return {
    ...(use !== undefined && { use }),
    ...(shares && { shares }),
    ...(control?.includes('no-cache') === true && { fresh: true }),
    ...(seconds > 0 && { ttlMs: Math.min(seconds, maxTtlSeconds) * 1_000 }),
    ...(typeof scope === 'string' && { scope: scope.slice(0, 200) }),
  };
}

const maxTtlSeconds = 30 * 86_400;

const sessionHeaders = ['x-session-id', 'session-id', 'x-session-affinity', 'x-claude-code-session-id', 'thread-id'] as const;

function sessionOf(call: Call): string | undefined {
  for (const name of sessionHeaders) {
    const value = call.header(name);
    if (value !== undefined && value !== '') return value.slice(0, 200);
  }
  return undefined;
}

/** Those of the caller's headers that an upstream of the same dialect may see. */
export function forwarded(call: Call, names: readonly string[] = noNames): readonly (readonly [string, string])[] {
  const headers: [string, string][] = [];
  for (const name of names) {
    const value = call.header(name);
    if (value !== undefined) headers.push([name, value]);
  }
  return headers;
}

function promptText(scanned: Scanned): string {
  const prompt = readMember(scanned, 'prompt');
  return asString(prompt) ?? asString(asArray(prompt)?.[0]) ?? '';
}

export function lastUserText(messages: JsonValue | undefined): string {
  for (const message of [...(asArray(messages) ?? [])].reverse()) {
    const fields = asObject(message);
    if (fields?.['role'] !== 'user') continue;
    const { content } = fields;
    if (typeof content === 'string') return content;
    return (asArray(content) ?? []).map((part) => asString(asObject(part)?.['text']) ?? '').join('\n');
  }
  return '';
}
