// `messages` and `documents` of a request → canonical messages.
import type { Message, Part } from '../../canonical/chat.ts';
import { asString, isObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { decodeContent } from '../openai-chat/decode-parts.ts';
import { invalid, nameOf, readArray, readObject, readString, requireString } from '../openai-chat/fields.ts';

export function decodeMessages(body: JsonObject): Message[] {
  const wires = readArray(body, 'messages');
  if (wires === undefined) throw invalid('messages', 'is missing; send a list of {role, content}');
  if (wires.length === 0) throw invalid('messages', 'is empty; send at least one {role, content}');
  const messages = wires.map((wire, at) => decodeMessage(wire, `messages[${at}]`));
  return withDocuments(messages, decodeDocuments(body));
}

function decodeMessage(wire: JsonValue, path: string): Message {
  if (!isObject(wire)) throw invalid(path, `must be an object, not ${nameOf(wire)}`);
  const role = requireString(wire, 'role', path);
  switch (role) {
    case 'system':
    case 'user':
      return { role, parts: decodeParts(wire.content, `${path}.content`) };
    case 'assistant':
      return { role, parts: decodeAssistant(wire, path) };
    case 'tool': {
      const callId = requireString(wire, 'tool_call_id', path);
      return { role, parts: [{ type: 'tool-result', callId, parts: decodeParts(wire.content, `${path}.content`) }] };
    }
    default:
      throw invalid(`${path}.role`, `"${role}" is unknown; use system, user, assistant or tool`);
  }
}

function decodeParts(content: JsonValue | undefined, path: string): Part[] {
  if (!Array.isArray(content)) return decodeContent(content, path);
  return content.flatMap((wire: JsonValue, at: number) => decodePart(wire, `${path}[${at}]`));
}

function decodePart(wire: JsonValue, path: string): Part[] {
  if (isObject(wire)) {
    switch (wire.type) {
      case 'text':
      case 'image_url':
        break;
      case 'thinking': {
        const text = requireString(wire, 'thinking', path);
        return text === '' ? [] : [{ type: 'reasoning', text, origin: 'cohere-v2' }];
      }
      case 'document': {
        const document = readObject(wire, 'document', path);
        if (document === undefined) throw invalid(`${path}.document`, 'is missing; it must be an object with data');
        return [{ type: 'text', text: documentText(document.data, `${path}.document.data`) }];
      }
      default:
        if (typeof wire.type === 'string') return [{ type: 'opaque', dialect: 'cohere-v2', wire }];
    }
  }
  return decodeContent([wire], path.replace(/\[\d+\]$/, ''));
}

/** The plan that goes with tool calls is thinking: it says why the tools are called. */
function decodeAssistant(wire: JsonObject, path: string): Part[] {
  const parts = decodeParts(wire.content, `${path}.content`);
  const plan = readString(wire, 'tool_plan', path);
  if (plan !== undefined && plan !== '') parts.push({ type: 'reasoning', text: plan, origin: 'cohere-v2' });
  for (const [at, call] of (readArray(wire, 'tool_calls', path) ?? []).entries()) parts.push(decodeCall(call, `${path}.tool_calls[${at}]`));
  return parts;
}

function decodeCall(wire: JsonValue, path: string): Part {
  if (!isObject(wire)) throw invalid(path, `must be an object, not ${nameOf(wire)}`);
  const called = readObject(wire, 'function', path);
  if (called === undefined) throw invalid(`${path}.function`, 'is missing; it must be an object with a name');
  return {
    type: 'tool-call',
    id: requireString(wire, 'id', path),
    name: requireString(called, 'name', `${path}.function`),
    arguments: toArguments(readString(called, 'arguments', `${path}.function`)),
  };
}

/** A tool without parameters is called with an empty object; this provider also writes nothing, or the word null. */
export function toArguments(wire: string | undefined): string {
  const text = wire?.trim() ?? '';
  return text === '' || text === 'null' ? '{}' : (wire as string);
}

/** Documents to answer from: files of plain text before the newest question, as other dialects know them. */
function decodeDocuments(body: JsonObject): Part[] {
  return (readArray(body, 'documents') ?? []).map((wire, at): Part => {
    const path = `documents[${at}]`;
    if (typeof wire === 'string') return toFile(wire, `document-${at + 1}`);
    if (!isObject(wire)) throw invalid(path, `must be a string or an object, not ${nameOf(wire)}`);
    const data = wire.data === undefined || wire.data === null ? wire : wire.data;
    return toFile(documentText(data, `${path}.data`), readString(wire, 'id', path) ?? `document-${at + 1}`);
  });
}

function toFile(text: string, filename: string): Part {
  const data = Buffer.from(text, 'utf8').toString('base64');
  return { type: 'file', source: { kind: 'base64', mediaType: 'text/plain', data }, filename };
}

/** A document's members as lines, the way this provider shows them to its models; a lone text as it is. */
function documentText(data: JsonValue | undefined, path: string): string {
  if (typeof data === 'string') return data;
  if (!isObject(data)) throw invalid(path, `must be a string or an object, not ${data === undefined ? 'absent' : nameOf(data)}`);
  const members = Object.entries(data).filter(([, value]) => value !== undefined && value !== null);
  const [only] = members;
  if (members.length === 1 && only !== undefined && (only[0] === 'text' || only[0] === 'snippet' || only[0] === 'content')) {
    return asString(only[1]) ?? JSON.stringify(only[1]);
  }
  return members.map(([name, value]) => `${name}: ${asString(value) ?? JSON.stringify(value)}`).join('\n');
}

function withDocuments(messages: Message[], documents: readonly Part[]): Message[] {
  if (documents.length === 0) return messages;
  const at = messages.findLastIndex((message) => message.role === 'user');
  const asking = messages[at];
  if (asking === undefined) return [...messages, { role: 'user', parts: documents }];
  return messages.with(at, { ...asking, parts: [...documents, ...asking.parts] });
}
