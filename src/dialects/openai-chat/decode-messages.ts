// `messages` of a request → canonical messages.
import type { CacheMark, Message, Part } from '../../canonical/chat.ts';
import { isObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { decodeContent, readCacheMark } from './decode-parts.ts';
import { invalid, nameOf, readArray, readObject, readString, requireString } from './fields.ts';
import { readReasoning, toReasoningParts } from './reasoning.ts';
import { readCallPiece } from './tool-calls.ts';

/** Ids given to the calls of the old `function_call` form, which has none: name → id of the latest call. */
type LegacyCalls = Map<string, string>;

export function decodeMessages(body: JsonObject): Message[] {
  const wires = readArray(body, 'messages');
  if (wires === undefined) throw invalid('messages', 'is missing; send a list of {role, content}');
  if (wires.length === 0) throw invalid('messages', 'is empty; send at least one {role, content}');
  const legacy: LegacyCalls = new Map();
  return wires.map((wire, at) => decodeMessage(wire, `messages[${at}]`, legacy));
}

function decodeMessage(wire: JsonValue, path: string, legacy: LegacyCalls): Message {
  if (!isObject(wire)) throw invalid(path, `must be an object, not ${nameOf(wire)}`);
  const role = requireString(wire, 'role', path);
  const name = readString(wire, 'name', path);
  const named = name === undefined ? {} : { name };
  switch (role) {
    case 'system':
    case 'developer':
      return { role: 'system', parts: withCache(decodeContent(wire.content, `${path}.content`), readCacheMark(wire)), ...named };
    case 'user':
      return { role: 'user', parts: withCache(decodeContent(wire.content, `${path}.content`), readCacheMark(wire)), ...named };
    case 'assistant':
      return { role: 'assistant', parts: withCache(decodeAssistant(wire, path, legacy), readCacheMark(wire)), ...named };
    case 'tool':
      return { role: 'tool', parts: [decodeResult(wire, path, requireString(wire, 'tool_call_id', path))] };
    case 'function':
      return { role: 'tool', parts: [decodeResult(wire, path, legacy.get(name ?? '') ?? `call_${name ?? 'function'}`)] };
    default:
      throw invalid(`${path}.role`, `"${role}" is unknown; use system, developer, user, assistant or tool`);
  }
}

function decodeAssistant(wire: JsonObject, path: string, legacy: LegacyCalls): Part[] {
  const parts: Part[] = [...toReasoningParts(readReasoning(wire)), ...decodeContent(wire.content, `${path}.content`)];
  const refusal = readString(wire, 'refusal', path);
  if (refusal !== undefined && refusal !== '') parts.push({ type: 'refusal', text: refusal });
  for (const [at, call] of (readArray(wire, 'tool_calls', path) ?? []).entries()) parts.push(decodeCall(call, `${path}.tool_calls[${at}]`));
  const old = readObject(wire, 'function_call', path);
  if (old !== undefined) {
    const called = requireString(old, 'name', `${path}.function_call`);
    const id = `call_${called}_${legacy.size}`;
    legacy.set(called, id);
    parts.push({ type: 'tool-call', id, name: called, arguments: readString(old, 'arguments', `${path}.function_call`) ?? '{}' });
  }
  // A spoken answer of this grammar is named by id; only this grammar can send it back.
  if (isObject(wire.audio)) parts.push({ type: 'opaque', dialect: 'openai-chat', wire: { audio: wire.audio } });
  return parts;
}

function decodeCall(wire: JsonValue, path: string): Part {
  if (!isObject(wire)) throw invalid(path, `must be an object, not ${nameOf(wire)}`);
  const piece = readCallPiece(wire);
  if (piece?.name === undefined) throw invalid(`${path}.function.name`, 'is missing; it must be a string');
  if (piece.id === undefined) throw invalid(`${path}.id`, 'is missing; tool results refer to it');
  const cache = readCacheMark(wire);
  const text = piece.arguments.trim();
  return {
    type: 'tool-call',
    id: piece.id,
    name: piece.name,
    arguments: text === '' || text === 'null' ? '{}' : piece.arguments,
    ...(cache !== undefined && { cache }),
  };
}

function decodeResult(wire: JsonObject, path: string, callId: string): Part {
  const cache = readCacheMark(wire);
  return {
    type: 'tool-result',
    callId,
    parts: decodeContent(wire.content, `${path}.content`),
    ...(wire.is_error === true && { isError: true }),
    ...(cache !== undefined && { cache }),
  };
}

/** A mark on the message is a mark on its last part that can carry one. */
function withCache(parts: Part[], cache: CacheMark | undefined): Part[] {
  if (cache === undefined) return parts;
  const at = parts.findLastIndex((part) => part.type !== 'reasoning' && part.type !== 'refusal' && part.type !== 'opaque');
  const part = parts[at];
  if (part !== undefined) parts[at] = { ...part, cache } as Part;
  return parts;
}
