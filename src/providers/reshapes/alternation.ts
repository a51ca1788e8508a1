// Perplexity wants strict turns: system first, then user and assistant in alternation, a user message last; and it knows no tools.
import { isObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { Reshape } from '../provider.ts';
import { textOf, toolCallsOf } from './messages.ts';

export const alternation: Reshape = {
  name: 'alternation',
  members: ['messages'],
  when: 'present',
  apply(body, { warn }) {
    const before = body['messages'];
    if (!Array.isArray(before) || !before.every(isObject)) return;
    const plain = (before as JsonObject[]).map((message, index) => plainTurn(message, isLeading(before as JsonObject[], index)));
    const turns = mergeTurns(plain);
    if (turns.length === before.length && turns.every((turn, index) => turn === before[index]) && endsWithUser(turns)) return;

    const firstTurn = turns.findIndex((turn) => turn['role'] !== 'system');
    if (turns[firstTurn]?.['role'] === 'assistant') turns.splice(firstTurn, 0, { role: 'user', content: '.' });
    if (!endsWithUser(turns)) {
      turns.push({ role: 'user', content: 'Continue.' });
      warn({ field: 'messages', kind: 'emulated', message: 'the provider wants a user message last; "Continue." was added' });
    }
    body['messages'] = turns;
    warn({ field: 'messages', kind: 'changed', message: 'the provider wants user and assistant in turns; messages were merged' });
  },
};

function isLeading(messages: readonly JsonObject[], index: number): boolean {
  return messages.slice(0, index).every((message) => isSystem(message));
}

function isSystem(message: JsonObject): boolean {
  return message['role'] === 'system' || message['role'] === 'developer';
}

/** A later system message becomes the user's, tool calls and results become text: there is no other place for them. */
function plainTurn(message: JsonObject, leading: boolean): JsonObject {
  if (isSystem(message)) {
    if (!leading) return { role: 'user', content: message['content'] ?? '' };
    return message['role'] === 'system' ? message : { ...message, role: 'system' };
  }
  if (message['role'] === 'tool' || message['role'] === 'function') {
    return { role: 'user', content: `Result of a tool: ${textOf(message['content'])}` };
  }
  const calls = toolCallsOf(message);
  if (calls.length === 0) return message;
  const told = calls.map((call) => `Called a tool: ${JSON.stringify(call['function'] ?? {})}`);
  return { role: 'assistant', content: [textOf(message['content']), ...told].filter((text) => text !== '').join('\n') };
}

function mergeTurns(messages: readonly JsonObject[]): JsonObject[] {
  const turns: JsonObject[] = [];
  for (const message of messages) {
    const last = turns.at(-1);
    if (last !== undefined && last['role'] === message['role']) {
      turns[turns.length - 1] = { ...last, content: joined(last['content'], message['content']) };
    } else {
      turns.push(message);
    }
  }
  return turns;
}

function joined(first: JsonValue | undefined, second: JsonValue | undefined): JsonValue {
  if (typeof first === 'string' && typeof second === 'string') return `${first}\n\n${second}`;
  return [...asParts(first), ...asParts(second)];
}

function asParts(content: JsonValue | undefined): readonly JsonValue[] {
  if (Array.isArray(content)) return content as JsonValue[];
  return typeof content === 'string' ? [{ type: 'text', text: content }] : [];
}

function endsWithUser(turns: readonly JsonObject[]): boolean {
  return turns.at(-1)?.['role'] === 'user';
}
