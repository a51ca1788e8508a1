// `input` of a request → canonical messages. Items are smaller than messages: reasoning, text and calls of one turn of the assistant
// stand side by side here and become one message there.
import type { Message, Part } from '../../canonical/chat.ts';
import type { Warning } from '../../canonical/warning.ts';
import { isObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { invalid, nameOf, readArray, readString, requireString } from '../openai-chat/fields.ts';
import { decodeContent } from './decode-parts.ts';
import { decodeReasoning } from './reasoning.ts';

export function decodeInput(input: JsonValue | undefined, warnings: Warning[]): Message[] {
  if (input === undefined || input === null) return [];
  if (typeof input === 'string') return [{ role: 'user', parts: [{ type: 'text', text: input }] }];
  if (!Array.isArray(input)) throw invalid('input', `must be a string or a list of items, not ${nameOf(input)}`);
  const messages: Message[] = [];
  for (const [at, item] of (input as readonly JsonValue[]).entries()) {
    if (!isObject(item)) throw invalid(`input[${at}]`, `must be an object, not ${nameOf(item)}`);
    append(messages, decodeItem(item, `input[${at}]`, warnings));
  }
  return messages;
}

/** The assistant's items in a row are one turn; everything else stands alone. */
function append(messages: Message[], next: Message | undefined): void {
  if (next === undefined) return;
  const last = messages.at(-1);
  if (next.role === 'assistant' && last?.role === 'assistant') {
    messages[messages.length - 1] = { ...last, parts: [...last.parts, ...next.parts] };
  } else {
    messages.push(next);
  }
}

function decodeItem(item: JsonObject, path: string, warnings: Warning[]): Message | undefined {
  const type = readString(item, 'type', path) ?? 'message';
  switch (type) {
    case 'message':
      return decodeMessage(item, path);
    case 'reasoning':
      readArray(item, 'summary', path);
      readString(item, 'encrypted_content', path);
      return assistant(decodeReasoning(item));
    case 'function_call':
      return assistant(decodeCall(item, path, readString(item, 'arguments', path) ?? ''));
    case 'custom_tool_call':
      return assistant(decodeCall(item, path, freeTextArguments(readString(item, 'input', path) ?? '')));
    case 'function_call_output':
    case 'custom_tool_call_output':
      return {
        role: 'tool',
        parts: [{ type: 'tool-result', callId: requireString(item, 'call_id', path), parts: decodeContent(item.output, `${path}.output`) }],
      };
    case 'item_reference': {
      const id = requireString(item, 'id', path);
      warnings.push({ field: path, kind: 'dropped', message: `the item ${id.slice(0, 80)} is not stored here` });
      return undefined;
    }
    default:
      return opaque(item, type);
  }
}

const assistant = (part: Part): Message => ({ role: 'assistant', parts: [part] });

/** Calls of tools the provider ran itself are the assistant's, what the client answers to such a call is the user's. */
function opaque(wire: JsonObject, type: string): Message {
  return { role: type.endsWith('_output') || type.endsWith('_response') ? 'user' : 'assistant', parts: [opaquePart(wire)] };
}

export function opaquePart(wire: JsonObject): Part {
  return { type: 'opaque', dialect: 'openai-responses', wire };
}

function decodeMessage(item: JsonObject, path: string): Message {
  const role = requireString(item, 'role', path);
  const parts = decodeContent(item.content, `${path}.content`);
  switch (role) {
    case 'system':
    case 'developer':
      return { role: 'system', parts };
    case 'user':
    case 'assistant':
      return { role, parts };
    default:
      throw invalid(`${path}.role`, `"${role}" is unknown; use system, developer, user or assistant`);
  }
}

function decodeCall(item: JsonObject, path: string, text: string): Part {
  const empty = text.trim() === '' || text.trim() === 'null';
  return {
    type: 'tool-call',
    id: requireString(item, 'call_id', path),
    name: requireString(item, 'name', path),
    arguments: empty ? '{}' : text,
  };
}

/** Custom tools take free text; everywhere else it is the one argument `input`. */
export function freeTextArguments(input: string): string {
  return JSON.stringify({ input });
}
