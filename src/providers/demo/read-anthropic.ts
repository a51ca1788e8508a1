// An Anthropic messages body → what is asked. The vendor's rules that gateways break most often are held to:
// results before text and for every call, no blank text, own thinking untouched, at most four cache marks.
import { asArray, asNumber, asObject, asString, type JsonObject, type JsonValue } from '../../core/json.ts';
import { describeBase64, type Ask, type AskedTool, type Attachment, type ToolResult, type Turn } from './ask.ts';
import { badRequest } from './problem.ts';
import { readStops, turnTokens } from './read-openai.ts';
import { isOwnSignature } from './signature.ts';
import { countTokens } from './tokens.ts';

/** Shorter prefixes are not cached, whatever their marks say. */
const cacheableTokens = 1_024;
const maxCacheMarks = 4;

/** `counting`: the request is for `/messages/count_tokens`, which has no `max_tokens`. */
export function readAnthropic(body: JsonObject, model: string, counting: 'counting' | 'answering'): Ask {
  const maxTokens = asNumber(body.max_tokens);
  if (counting === 'answering' && (maxTokens === undefined || maxTokens < 1)) throw badRequest('max_tokens', 'max_tokens: Field required');
  const messages = asArray(body.messages);
  if (messages === undefined || messages.length === 0) throw badRequest('messages', 'messages: at least one message is required');
  const turns = messages.map(readTurn);
  if (turns.find((turn) => turn.role !== 'system')?.role !== 'user')
    throw badRequest('messages', 'messages: first message must use the "user" role');
  checkToolOrder(turns);
  const system = readSystem(body.system);
  const reasoning = readThinking(body, model);
  const toolChoice = readChoice(asObject(body.tool_choice));
  if (reasoning && (toolChoice === 'required' || typeof toolChoice === 'object') && asObject(body.thinking) !== undefined) {
    throw badRequest('tool_choice', 'Thinking may not be enabled when tool_choice forces tool use.');
  }
  const output = readOutput(body);
  return {
    model,
    turns: system === undefined ? turns : [system, ...turns],
    tools: (asArray(body.tools) ?? []).flatMap(readTool),
    toolChoice,
    parallel: asObject(body.tool_choice)?.disable_parallel_tool_use !== true,
    ...(output !== undefined && { output }),
    ...(maxTokens !== undefined && { maxTokens }),
    stops: readStops(body.stop_sequences),
    count: 1,
    reasoning,
    stream: body.stream === true,
    includeUsage: true,
    input: measure(body, system, turns),
  };
}

function readSystem(value: JsonValue | undefined): Turn | undefined {
  if (value === undefined || value === null) return undefined;
  const text = typeof value === 'string' ? value : (asArray(value) ?? []).map((block) => asString(asObject(block)?.text) ?? '').join('\n');
  return { role: 'system', text, attachments: [], calls: [], results: [] };
}

function readTurn(value: JsonValue, index: number): Turn {
  const message = asObject(value);
  const role = asString(message?.role);
  if (role !== 'user' && role !== 'assistant' && role !== 'system') {
    throw badRequest(`messages.${index}.role`, `messages.${index}.role: Input should be 'user' or 'assistant'`);
  }
  const path = `messages.${index}.content`;
  const blocks = typeof message?.content === 'string' ? [{ type: 'text', text: message.content }] : asArray(message?.content);
  if (blocks === undefined) throw badRequest(path, `${path}: Input should be a valid string or list of blocks`);
  const turn = {
    role,
    texts: [] as string[],
    attachments: [] as Attachment[],
    calls: [] as Turn['calls'][number][],
    results: [] as ToolResult[],
  };
  for (const [position, block] of blocks.map(asObject).entries()) readBlock(block, `${path}.${position}`, turn);
  return { role, text: turn.texts.join('\n'), attachments: turn.attachments, calls: turn.calls, results: turn.results };
}

interface TurnDraft {
  readonly texts: string[];
  readonly attachments: Attachment[];
  readonly calls: { readonly id: string; readonly name: string }[];
  readonly results: ToolResult[];
}

function readBlock(block: JsonObject | undefined, path: string, turn: TurnDraft): void {
  switch (block?.type) {
    case 'text': {
      const text = asString(block.text) ?? '';
      if (text.trim() === '') throw badRequest(path, `${path}: text content blocks must contain non-whitespace text`);
      turn.texts.push(text);
      return;
    }
    case 'image':
      turn.attachments.push({ kind: 'image', about: describeSource(asObject(block.source)) });
      return;
    case 'document':
      turn.attachments.push({ kind: 'file', about: describeSource(asObject(block.source)) });
      return;
    case 'tool_use': {
      const id = asString(block.id) ?? '';
      if (!/^[a-zA-Z0-9_-]+$/.test(id)) throw badRequest(`${path}.id`, `${path}.id: String should match pattern '^[a-zA-Z0-9_-]+$'`);
      if (asObject(block.input) === undefined) throw badRequest(`${path}.input`, `${path}.input: Input should be an object`);
      turn.calls.push({ id, name: asString(block.name) ?? '' });
      return;
    }
    case 'tool_result': {
      if (turn.texts.length > 0) throw badRequest(path, `${path}: tool_result blocks must come before other content`);
      turn.results.push({
        callId: asString(block.tool_use_id) ?? '',
        text: resultText(block.content, turn),
        failed: block.is_error === true,
      });
      return;
    }
    case 'thinking': {
      const thinking = asString(block.thinking) ?? '';
      if (!isOwnSignature(thinking, asString(block.signature) ?? '')) {
        throw badRequest(path, `${path}: Invalid \`signature\` in \`thinking\` block`);
      }
      return;
    }
    default:
      // Server tools, redacted thinking, search results: known to the vendor, of no interest to a simulator.
      if (asString(block?.type) === undefined) throw badRequest(path, `${path}.type: Field required`);
  }
}

function resultText(content: JsonValue | undefined, turn: TurnDraft): string {
  if (typeof content === 'string') return content;
  const texts: string[] = [];
  for (const block of (asArray(content) ?? []).map(asObject)) {
    if (block?.type === 'text') texts.push(asString(block.text) ?? '');
    if (block?.type === 'image') turn.attachments.push({ kind: 'image', about: describeSource(asObject(block.source)) });
  }
  return texts.join('\n');
}

function describeSource(source: JsonObject | undefined): string {
  switch (source?.type) {
    case 'base64':
      return describeBase64(asString(source.media_type) ?? 'application/octet-stream', asString(source.data) ?? '');
    case 'url':
      return 'by URL';
    case 'file':
      return 'by id';
    default:
      return 'text';
  }
}

/** The message after a tool call holds a result for each call of that turn. */
function checkToolOrder(turns: readonly Turn[]): void {
  let open: ReadonlySet<string> = new Set();
  for (const [index, turn] of turns.entries()) {
    const answered = new Set(turn.results.map((result) => result.callId));
    for (const id of open) {
      if (!answered.has(id))
        throw badRequest(
          `messages.${index}`,
          `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${id}`,
        );
    }
    for (const id of answered) {
      if (!open.has(id))
        throw badRequest(`messages.${index}`, `messages.${index}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}`);
    }
    open = new Set(turn.calls.map((call) => call.id));
  }
  if (open.size > 0) {
    const ids = [...open].join(', ');
    throw badRequest(
      'messages',
      `messages.${turns.length - 1}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${ids}`,
    );
  }
}

function readThinking(body: JsonObject, model: string): boolean {
  const thinking = asObject(body.thinking);
  switch (thinking?.type) {
    case 'disabled':
      return false;
    case 'adaptive':
      return true;
    case 'enabled': {
      const budget = asNumber(thinking.budget_tokens) ?? 0;
      if (budget < 1_024) throw badRequest('thinking', 'thinking.enabled.budget_tokens: Input should be greater than or equal to 1024');
      if (budget >= (asNumber(body.max_tokens) ?? Infinity))
        throw badRequest('thinking', '`max_tokens` must be greater than `thinking.budget_tokens`');
      return true;
    }
    default:
      return model === 'demo-reasoning';
  }
}

function readTool(value: JsonValue): readonly AskedTool[] {
  const tool = asObject(value);
  const name = asString(tool?.name);
  if (name === undefined || !/^[a-zA-Z0-9_-]{1,128}$/.test(name)) {
    throw badRequest('tools', "tools.0.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'");
  }
  // A typed tool is one that the vendor runs itself; the simulator runs nothing.
  if (typeof tool?.type === 'string' && tool.type !== 'custom') return [];
  const parameters = asObject(tool?.input_schema);
  return [{ name, ...(parameters !== undefined && { parameters }) }];
}

function readChoice(choice: JsonObject | undefined): Ask['toolChoice'] {
  switch (choice?.type) {
    case 'any':
      return 'required';
    case 'none':
      return 'none';
    case 'tool':
      return { name: asString(choice.name) ?? '' };
    default:
      return 'auto';
  }
}

function readOutput(body: JsonObject): Ask['output'] {
  const format = asObject(asObject(body.output_config)?.format) ?? asObject(body.output_format);
  const schema = asObject(format?.schema);
  return format?.type === 'json_schema' && schema !== undefined ? { schema } : undefined;
}

/**
 * Up to the last cache mark the prompt is cacheable. The part of it that stood before the last answer was sent with the
 * previous request already and counts as read, the rest as written. This needs no memory: the same request has the same usage.
 */
function measure(body: JsonObject, system: Turn | undefined, turns: readonly Turn[]): Ask['input'] {
  const marks = { count: 0, end: 0, ttl: '5m' };
  let total = body.tools === undefined ? 0 : countTokens(JSON.stringify(body.tools));
  let repeated = 0;
  noteMarks(body.tools, total, marks);
  if (system !== undefined) total += turnTokens(system);
  noteMarks(body.system, total, marks);
  const messages = asArray(body.messages) ?? [];
  for (const [index, turn] of turns.entries()) {
    if (turn.role === 'assistant') repeated = total;
    total += turnTokens(turn);
    noteMarks(asObject(messages[index])?.content, total, marks);
  }
  if (marks.count > maxCacheMarks)
    throw badRequest('cache_control', `A maximum of ${maxCacheMarks} blocks with cache_control may be provided. Found ${marks.count}.`);
  const cacheable = marks.end < cacheableTokens ? 0 : marks.end;
  const cached = repeated < cacheableTokens ? 0 : Math.min(repeated, cacheable);
  const written = cacheable - cached;
  return { fresh: total - cacheable, cached, written, writtenForAnHour: marks.ttl === '1h' ? written : 0 };
}

function noteMarks(blocks: JsonValue | undefined, end: number, marks: { count: number; end: number; ttl: string }): void {
  for (const block of asArray(blocks) ?? []) {
    const mark = asObject(asObject(block)?.cache_control);
    if (mark === undefined) continue;
    marks.count += 1;
    marks.end = end;
    marks.ttl = asString(mark.ttl) ?? '5m';
  }
}
