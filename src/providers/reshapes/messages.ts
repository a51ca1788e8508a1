// How reshapes walk the `messages` of an OpenAI chat body: copy on write, so that the caller's objects stay as they are.
import { isObject, type JsonObject, type JsonValue, type MutableJson } from '../../core/json.ts';

/** The same message object = unchanged. */
export type MessageEdit = (message: JsonObject, index: number) => JsonObject;

/** Applies the edit to every message; answers whether any changed. */
export function editMessages(body: MutableJson, edit: MessageEdit): boolean {
  const before = body['messages'];
  if (!Array.isArray(before)) return false;
  let changed = false;
  const after = (before as JsonValue[]).map((message, index) => {
    if (!isObject(message)) return message;
    const edited = edit(message, index);
    if (edited !== message) changed = true;
    return edited;
  });
  if (changed) body['messages'] = after;
  return changed;
}

/** A copy without the named members; the same object when it has none of them. */
export function without(object: JsonObject, members: readonly string[]): JsonObject {
  if (!members.some((member) => Object.hasOwn(object, member))) return object;
  return Object.fromEntries(Object.entries(object).filter(([key]) => !members.includes(key)));
}

/** The function calls of an assistant message. */
export function toolCallsOf(message: JsonObject): readonly JsonObject[] {
  const calls = message['tool_calls'];
  return Array.isArray(calls) ? (calls as JsonValue[]).filter(isObject) : [];
}

/** A string as it is, an array of parts as the text in it. */
export function textOf(content: JsonValue | undefined): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return (content as JsonValue[])
    .map((part) => (isObject(part) && typeof part['text'] === 'string' ? part['text'] : ''))
    .filter((text) => text !== '')
    .join('\n');
}
