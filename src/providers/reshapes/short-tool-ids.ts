// Mistral's older models take tool call ids of exactly nine letters or digits; ids made elsewhere get a stand-in. It is a digest
// of the id, so the call and its result, and every later turn of the conversation, agree on it.
import { createHash } from 'node:crypto';
import type { JsonObject } from '../../core/json.ts';
import type { Reshape } from '../provider.ts';
import { editMessages, toolCallsOf } from './messages.ts';

const idForm = /^[a-zA-Z0-9]{9}$/;

export const shortToolIds: Reshape = {
  name: 'short-tool-ids',
  members: ['messages'],
  when: { keys: ['tool_calls', 'tool_call_id'] },
  apply: (body) => editMessages(body, (message) => withShortResultId(withShortCallIds(message))),
};

function withShortCallIds(message: JsonObject): JsonObject {
  const calls = toolCallsOf(message);
  if (!calls.some((call) => needsShort(call['id']))) return message;
  return { ...message, tool_calls: calls.map((call) => (needsShort(call['id']) ? { ...call, id: shortId(call['id']) } : call)) };
}

function withShortResultId(message: JsonObject): JsonObject {
  const id = message['tool_call_id'];
  return needsShort(id) ? { ...message, tool_call_id: shortId(id) } : message;
}

function needsShort(id: unknown): id is string {
  return typeof id === 'string' && !idForm.test(id);
}

/** Hexadecimal: nine of sixteen symbols tell some 2^18 calls of one conversation apart before two are likely to meet. */
function shortId(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 9);
}
