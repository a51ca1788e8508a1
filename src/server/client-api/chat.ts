// Chat in every dialect: bytes in, one scan for types and facts, then the gateway.
import type { ClientDialectId } from '../../canonical/chat.ts';
import { estimateTokens } from '../../canonical/estimate.ts';
import { asArray, asObject, asString, type JsonValue } from '../../core/json.ts';
import { findMember, readMember, type Scanned, type Shape, scanObject } from '../../core/json-outline.ts';
import type { ClientDialect } from '../../dialects/dialect.ts';
import type { ModelWish, Need } from '../../gateway/call.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import type { Call } from '../call.ts';
import { type BodyLimits, readBody } from '../read-body.ts';
import { sendReply } from '../send-reply.ts';
import { noConstraints, readConstraints } from './constraints.ts';

export interface ChatRouteOptions {
  readonly gateway: Gateway;
  readonly dialect: ClientDialect;
  readonly shape: Shape;
  readonly limits: BodyLimits & { readonly jsonDepth: number };
  readonly forwardedHeaders: Readonly<Partial<Record<ClientDialectId, readonly string[]>>>;
}

/** Members that are ours and no upstream's. */
const gatewayMembers: ReadonlySet<string> = new Set([
  'task',
  'task_type',
  'domain',
  'modality',
  'quality_tier',
  'speed_tier',
  'max_cost_usd',
  'max_latency_ms',
  'strategy',
  'mpc',
]);
const gatewayMembersOpenai: ReadonlySet<string> = new Set([...gatewayMembers, 'fallbacks']);

export function chatHandler(options: ChatRouteOptions): (call: Call) => Promise<void> {
  return async (call) => {
    const bytes = await readBody(call.request, options.limits);
    const scanned = scanObject(bytes, { maxDepth: options.limits.jsonDepth, shape: options.shape });
    await serveScanned(call, { scanned }, options);
  };
}

export interface ScannedBody {
  readonly scanned: Scanned;
  /** Stands above the `model` of the body. */
  readonly model?: string | undefined;
}

/** The part that routes with a body of their own making (`task` + `input`, deployments) share. */
export async function serveScanned(call: Call, { scanned, model }: ScannedBody, options: ChatRouteOptions): Promise<void> {
  const { dialect, gateway } = options;
  const name = model ?? asString(readMember(scanned, 'model'));
  const stream = readMember(scanned, 'stream') === true;
  const sessionId = sessionOf(call);
  const demoHeader = call.header('x-mpc-demo');
  const reply = await gateway.chat({
    requestId: call.id,
    endpoint: call.path,
    dialectName: dialect.id,
    principal: call.principal,
    arrivedMs: call.arrivedMs,
    arrivedWallMs: call.arrivedWallMs,
    authMs: call.authMs,
    interruption: call.interruption,
    ...(sessionId !== undefined && { sessionId }),
    wish: readWish(call, scanned, { name, dialect: dialect.id }),
    chat: {
      dialect,
      outline: scanned,
      stream,
      includeUsage: !isOpenai(dialect.id) || asksUsage(scanned),
      requestedModel: name ?? 'auto',
      gatewayMembers: isOpenai(dialect.id) ? gatewayMembersOpenai : gatewayMembers,
      forwardHeaders: forwarded(call, options.forwardedHeaders[dialect.id] ?? []),
      ...(demoHeader !== undefined && { demoHeader }),
    },
  });
  await sendReply(call, reply);
}

function readWish(
  call: Call,
  scanned: Scanned,
  asked: { readonly name: string | undefined; readonly dialect: ClientDialectId },
): ModelWish {
  const maxOutputTokens = readMaxTokens(scanned);
  const constrained = hasConstraints(call, scanned);
  const { name, dialect } = asked;
  return {
    ...(name !== undefined && name !== '' && { name }),
    fallbacks: readFallbacks(call, scanned, dialect),
    needs: scanned.facts.flags as readonly Need[],
    contextTokens: estimateTokens(Math.max(0, scanned.end - scanned.start - scanned.facts.mediaBytes)),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    modality: 'text',
    constraints: constrained ? readConstraints(constraintSource(call, scanned)) : noConstraints,
    hasConstraints: constrained,
    promptText: () =>
      dialect === 'openai-completions' ? promptText(scanned) : lastUserText(readMember(scanned, 'messages') as JsonValue | undefined),
  };
}

function readMaxTokens(scanned: Scanned): number | undefined {
  const value = readMember(scanned, 'max_completion_tokens') ?? readMember(scanned, 'max_tokens');
  return typeof value === 'number' && value > 0 ? value : undefined;
}

const isOpenai = (dialect: ClientDialectId): boolean => dialect !== 'anthropic-messages';

/** In the body for OpenAI's dialects (`["model", …]`), by header for every dialect: `fallbacks` is Anthropic's own word. */
function readFallbacks(call: Call, scanned: Scanned, dialect: ClientDialectId): readonly string[] {
  const listed = isOpenai(dialect) ? asArray(readMember(scanned, 'fallbacks')) : undefined;
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

const noNames: readonly string[] = [];
const constraintHeaders = { 'x-mpc-task': 'task', 'x-mpc-domain': 'domain', 'x-mpc-strategy': 'strategy' } as const;
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

const sessionHeaders = ['x-session-id', 'session-id', 'x-session-affinity', 'x-claude-code-session-id', 'thread-id'] as const;

function sessionOf(call: Call): string | undefined {
  for (const name of sessionHeaders) {
    const value = call.header(name);
    if (value !== undefined && value !== '') return value.slice(0, 200);
  }
  return undefined;
}

function forwarded(call: Call, names: readonly string[]): readonly (readonly [string, string])[] {
  if (names.length === 0) return [];
  return names.flatMap((name) => {
    const value = call.header(name);
    return value === undefined ? [] : [[name, value] as const];
  });
}

function promptText(scanned: Scanned): string {
  const prompt = readMember(scanned, 'prompt');
  return asString(prompt) ?? asString(asArray(prompt)?.[0]) ?? '';
}

function lastUserText(messages: JsonValue | undefined): string {
  for (const message of [...(asArray(messages) ?? [])].reverse()) {
    const fields = asObject(message);
    if (fields?.['role'] !== 'user') continue;
    const { content } = fields;
    if (typeof content === 'string') return content;
    return (asArray(content) ?? []).map((part) => asString(asObject(part)?.['text']) ?? '').join('\n');
  }
  return '';
}
