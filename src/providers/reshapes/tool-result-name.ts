// Mistral wants the function's name on tool results beside the call id.
import { isObject } from '../../core/json.ts';
import type { Reshape } from '../provider.ts';
import { editMessages, toolCallsOf } from './messages.ts';

export const toolResultName: Reshape = {
  name: 'tool-result-name',
  members: ['messages'],
  when: { keys: ['tool_call_id'] },
  apply(body) {
    const names = new Map<string, string>();
    return editMessages(body, (message) => {
      for (const call of toolCallsOf(message)) {
        const name = isObject(call['function']) ? call['function']['name'] : undefined;
        if (typeof call['id'] === 'string' && typeof name === 'string') names.set(call['id'], name);
      }
      const id = message['tool_call_id'];
      if (message['role'] !== 'tool' || typeof id !== 'string' || message['name'] !== undefined) return message;
      const name = names.get(id);
      return name === undefined ? message : { ...message, name };
    });
  },
};
