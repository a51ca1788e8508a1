// `POST /api/chat` → canonical. Tool calls of older clients have no ids and their results name only the tool: both get ids here,
// in order, so that every other grammar can match them.
import type { ChatRequest, Message, Part, Tool } from '../../canonical/chat.ts';
import type { Warning } from '../../canonical/warning.ts';
import { isObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { toArguments } from '../anthropic-messages/tool-input.ts';
import { invalid, nameOf, readArray, readObject, readString, requireString } from '../openai-chat/fields.ts';
import { decodeShared, readImages, readModel, warnOfTheRest } from './options.ts';

const understood: ReadonlySet<string> = new Set(['model', 'name', 'messages', 'tools', 'format', 'think', 'options', 'stream']);

/** Calls that no result has answered yet, oldest first. */
type OpenCalls = { readonly id: string; readonly name: string }[];

export function decodeChat(body: JsonObject, warnings: Warning[] = []): ChatRequest {
  const wires = readArray(body, 'messages');
  if (wires === undefined) throw invalid('messages', 'is missing; send a list of {role, content}');
  const open: OpenCalls = [];
  const messages = wires.map((wire, at) => decodeMessage(wire, { at, open }));
  const tools = readArray(body, 'tools')?.map((tool, at) => decodeTool(tool, `tools[${at}]`));
  warnOfTheRest(body, understood, warnings);
  return {
    dialect: 'ollama',
    model: readModel(body),
    messages,
    ...(tools !== undefined && tools.length > 0 && { tools }),
    includeUsage: true,
    ...decodeShared(body),
  };
}

function decodeMessage(wire: JsonValue, { at, open }: { readonly at: number; readonly open: OpenCalls }): Message {
  const path = `messages[${at}]`;
  if (!isObject(wire)) throw invalid(path, `must be an object, not ${nameOf(wire)}`);
  const role = requireString(wire, 'role', path);
  const content = readString(wire, 'content', path) ?? '';
  const said: Part[] = [...(content === '' ? [] : [{ type: 'text' as const, text: content }]), ...readImages(wire, path)];
  switch (role) {
    case 'system':
    case 'user':
      return { role, parts: said };
    case 'assistant':
      return { role, parts: [...readThinking(wire, path), ...said, ...readCalls(wire, { at, path, open })] };
    case 'tool':
      return { role, parts: [{ type: 'tool-result', callId: matchCall(wire, { at, path, open }), parts: said }] };
    default:
      throw invalid(`${path}.role`, `"${role}" is unknown; use system, user, assistant or tool`);
  }
}

/** Whose thinking it was, this grammar does not say; no provider takes it back without that. */
function readThinking(wire: JsonObject, path: string): Part[] {
  const text = readString(wire, 'thinking', path) ?? '';
  return text === '' ? [] : [{ type: 'reasoning', text }];
}

interface Place {
  readonly at: number;
  readonly path: string;
  readonly open: OpenCalls;
}

function readCalls(wire: JsonObject, { at, path, open }: Place): Part[] {
  return (readArray(wire, 'tool_calls', path) ?? []).map((call, index): Part => {
    const place = `${path}.tool_calls[${index}]`;
    if (!isObject(call)) throw invalid(place, `must be an object, not ${nameOf(call)}`);
    const called = readObject(call, 'function', place);
    if (called === undefined) throw invalid(`${place}.function`, 'is missing; it must be an object with a name');
    const name = requireString(called, 'name', `${place}.function`);
    const id = readString(call, 'id', place) ?? '';
    const known = { id: id === '' ? `call_${at}_${index}` : id, name };
    open.push(known);
    return { type: 'tool-call', ...known, arguments: toArguments(called.arguments) };
  });
}

/** By id, by the tool's name, or simply the oldest call without a result. */
function matchCall(wire: JsonObject, { at, path, open }: Place): string {
  const id = readString(wire, 'tool_call_id', path);
  const name = readString(wire, 'tool_name', path) ?? readString(wire, 'name', path);
  const byId = open.findIndex((call) => call.id === id);
  const byName = open.findIndex((call) => call.name === name);
  const found = byId >= 0 ? byId : byName >= 0 ? byName : 0;
  const [call] = id !== undefined && byId < 0 ? [] : open.splice(found, 1);
  return call?.id ?? id ?? `call_${at}_0`;
}

function decodeTool(wire: JsonValue, path: string): Tool {
  if (!isObject(wire)) throw invalid(path, `must be an object, not ${nameOf(wire)}`);
  const called = readObject(wire, 'function', path);
  if (called === undefined) throw invalid(`${path}.function`, 'is missing; it must be an object with a name');
  const place = `${path}.function`;
  const description = readString(called, 'description', place);
  const parameters = readObject(called, 'parameters', place);
  return {
    name: requireString(called, 'name', place),
    ...(description !== undefined && { description }),
    ...(parameters !== undefined && { parameters }),
  };
}
