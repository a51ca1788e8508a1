// An OpenAI chat body → what is asked. As strict about the order of tool messages as the vendor, since agents depend on it.
import { asArray, asNumber, asObject, asString, type JsonObject, type JsonValue } from '../../core/json.ts';
import { describeUrl, describeBase64, type Ask, type AskedTool, type Attachment, type Turn } from './ask.ts';
import { badRequest } from './problem.ts';
import { countTokens, tokensPerImage, tokensPerMessage } from './tokens.ts';

/** The vendor caches prompts from this length on, in steps of 128 tokens. */
const cacheableTokens = 1_024;
const cacheStep = 128;

export function readOpenai(body: JsonObject, model: string): Ask {
  const messages = asArray(body.messages);
  if (messages === undefined || messages.length === 0) throw badRequest('messages', "'messages' must be a non-empty array");
  const turns = messages.map(readTurn);
  checkToolOrder(turns);
  const tools = (asArray(body.tools) ?? asArray(body.functions) ?? []).flatMap(readTool);
  const choice = readChoice(body.tool_choice ?? body.function_call);
  if (typeof choice === 'object' && !tools.some((tool) => tool.name === choice.name)) {
    throw badRequest('tool_choice', `tool_choice names "${choice.name}", which is not in tools`);
  }
  const output = readOutput(asObject(body.response_format));
  const maxTokens = asNumber(body.max_completion_tokens) ?? asNumber(body.max_tokens);
  return {
    model,
    turns,
    tools,
    toolChoice: choice,
    parallel: body.parallel_tool_calls !== false,
    ...(output !== undefined && { output }),
    ...(maxTokens !== undefined && { maxTokens }),
    stops: readStops(body.stop),
    count: Math.min(16, Math.max(1, Math.floor(asNumber(body.n) ?? 1))),
    reasoning: wantsReasoning(body, model),
    stream: body.stream === true,
    includeUsage: asObject(body.stream_options)?.include_usage === true,
    input: measure(turns, body.tools),
  };
}

/** The model thinks by default; any other does when asked to. */
function wantsReasoning(body: JsonObject, model: string): boolean {
  const effort = asString(body.reasoning_effort) ?? asString(asObject(body.reasoning)?.effort);
  return effort === undefined ? model === 'demo-reasoning' : effort !== 'none' && effort !== 'minimal';
}

export function readStops(stop: JsonValue | undefined): readonly string[] {
  if (typeof stop === 'string') return stop === '' ? [] : [stop];
  return (asArray(stop) ?? []).filter((entry): entry is string => typeof entry === 'string' && entry !== '');
}

function readTurn(value: JsonValue, index: number): Turn {
  const message = asObject(value);
  const role = asString(message?.role);
  if (message === undefined || role === undefined) throw badRequest(`messages[${index}].role`, 'every message is an object with a role');
  const { text, attachments } = readContent(message.content, `messages[${index}].content`);
  const calls = (asArray(message.tool_calls) ?? []).map((call) => ({
    id: asString(asObject(call)?.id) ?? '',
    name: asString(asObject(asObject(call)?.function)?.name) ?? '',
  }));
  switch (role) {
    case 'system':
    case 'developer':
      return { role: 'system', text, attachments, calls: [], results: [] };
    case 'user':
      return { role: 'user', text, attachments, calls: [], results: [] };
    case 'assistant':
      return { role: 'assistant', text, attachments, calls, results: [] };
    case 'tool':
    case 'function': {
      const callId = asString(message.tool_call_id) ?? asString(message.name) ?? '';
      return { role: 'tool', text: '', attachments, calls: [], results: [{ callId, text, failed: false }] };
    }
    default:
      throw badRequest(`messages[${index}].role`, `unknown role "${role}"`);
  }
}

function readContent(content: JsonValue | undefined, path: string): { text: string; attachments: readonly Attachment[] } {
  if (content === undefined || content === null) return { text: '', attachments: [] };
  if (typeof content === 'string') return { text: content, attachments: [] };
  const parts = asArray(content);
  if (parts === undefined) throw badRequest(path, 'content is a string or an array of parts');
  const texts: string[] = [];
  const attachments: Attachment[] = [];
  for (const part of parts.map(asObject)) {
    switch (part?.type) {
      case 'text':
        texts.push(asString(part.text) ?? '');
        break;
      case 'refusal':
        texts.push(asString(part.refusal) ?? '');
        break;
      case 'image_url':
        attachments.push({ kind: 'image', about: describeUrl(asString(asObject(part.image_url)?.url) ?? '') });
        break;
      case 'input_audio': {
        const audio = asObject(part.input_audio);
        attachments.push({
          kind: 'audio',
          about: describeBase64(`audio/${asString(audio?.format) ?? 'wav'}`, asString(audio?.data) ?? ''),
        });
        break;
      }
      case 'file': {
        const file = asObject(part.file);
        const data = asString(file?.file_data);
        attachments.push({ kind: 'file', about: data === undefined ? 'by id' : describeUrl(data) });
        break;
      }
      default:
        throw badRequest(path, `unknown content part "${asString(part?.type) ?? 'without type'}"`);
    }
  }
  return { text: texts.join('\n'), attachments };
}

/** Every call is answered by a tool message before anything else is said. */
function checkToolOrder(turns: readonly Turn[]): void {
  let open = new Set<string>();
  for (const [index, turn] of turns.entries()) {
    if (turn.role === 'tool') {
      const id = turn.results[0]?.callId ?? '';
      if (!open.delete(id) && !turns.slice(0, index).some((earlier) => earlier.calls.some((call) => call.id === id))) {
        throw badRequest(`messages[${index}].tool_call_id`, `no preceding assistant message has a tool call with the id "${id}"`);
      }
      continue;
    }
    if (open.size > 0) throw unanswered(open, index);
    open = new Set(turn.calls.map((call) => call.id));
  }
  if (open.size > 0) throw unanswered(open, turns.length);
}

function unanswered(open: ReadonlySet<string>, index: number): Error {
  const ids = [...open].join(', ');
  return badRequest(
    `messages[${index}]`,
    `an assistant message with 'tool_calls' must be followed by tool messages for each id; missing: ${ids}`,
  );
}

function readTool(value: JsonValue): readonly AskedTool[] {
  const tool = asObject(value);
  const definition = asObject(tool?.function) ?? tool;
  const name = asString(definition?.name);
  if (name === undefined || !/^[a-zA-Z0-9_-]{1,64}$/.test(name)) {
    throw badRequest('tools', 'a tool name has 1 to 64 letters, digits, underscores and dashes');
  }
  const parameters = asObject(definition?.parameters);
  return [{ name, ...(parameters !== undefined && { parameters }) }];
}

function readChoice(value: JsonValue | undefined): Ask['toolChoice'] {
  if (value === 'none' || value === 'required') return value;
  const choice = asObject(value);
  const name = asString(asObject(choice?.function)?.name) ?? asString(choice?.name);
  return name === undefined ? 'auto' : { name };
}

function readOutput(format: JsonObject | undefined): Ask['output'] {
  switch (format?.type) {
    case 'json_object':
      return 'json';
    case 'json_schema': {
      const schema = asObject(asObject(format.json_schema)?.schema);
      if (schema === undefined) throw badRequest('response_format', 'response_format.json_schema.schema is missing');
      return { schema };
    }
    default:
      return undefined;
  }
}

/**
 * What stood before the last answer was sent with the previous request already, so it counts as read from the cache.
 * This needs no memory: the same request has the same usage every time.
 */
function measure(turns: readonly Turn[], tools: JsonValue | undefined): Ask['input'] {
  const toolTokens = tools === undefined ? 0 : countTokens(JSON.stringify(tools));
  let total = toolTokens;
  let repeated = 0;
  for (const turn of turns) {
    if (turn.role === 'assistant') repeated = total;
    total += turnTokens(turn);
  }
  const cached = repeated < cacheableTokens ? 0 : repeated - (repeated % cacheStep);
  return { fresh: total - cached, cached, written: 0, writtenForAnHour: 0 };
}

export function turnTokens(turn: Turn): number {
  let tokens = tokensPerMessage + countTokens(turn.text) + turn.attachments.length * tokensPerImage;
  for (const call of turn.calls) tokens += countTokens(call.name);
  for (const result of turn.results) tokens += countTokens(result.text);
  return tokens;
}
