// Together answers 500 to a replayed tool call without `arguments`; an object instead of its text is refused by most.
import { isObject, type JsonObject } from '../../core/json.ts';
import type { Reshape } from '../provider.ts';
import { editMessages, toolCallsOf } from './messages.ts';

export const toolCallArguments: Reshape = {
  name: 'tool-call-arguments',
  members: ['messages'],
  when: { keys: ['tool_calls'] },
  apply: (body) =>
    editMessages(body, (message) => {
      const calls = toolCallsOf(message);
      const mended = calls.map(withArguments);
      return mended.some((call, index) => call !== calls[index]) ? { ...message, tool_calls: mended } : message;
    }),
};

function withArguments(call: JsonObject): JsonObject {
  const wanted = call['function'];
  if (!isObject(wanted)) return call;
  const given = wanted['arguments'];
  if (typeof given === 'string' && given.trim() !== '') return call;
  return { ...call, function: { ...wanted, arguments: isObject(given) ? JSON.stringify(given) : '{}' } };
}
