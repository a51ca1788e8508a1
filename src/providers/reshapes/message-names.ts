// Participant names: Groq answers 400 to `messages[].name`, Mistral 422 (except on tool results).
import type { Reshape } from '../provider.ts';
import { editMessages, without } from './messages.ts';

export const dropMessageNames: Reshape = {
  name: 'message-names',
  members: ['messages'],
  when: { keys: ['name'] },
  apply(body, { warn }) {
    let first: number | undefined;
    const changed = editMessages(body, (message, index) => {
      if (message['role'] === 'tool' || message['role'] === 'function' || message['name'] === undefined) return message;
      first ??= index;
      return without(message, ['name']);
    });
    if (changed) warn({ field: `messages[${first}].name`, kind: 'dropped', message: 'the provider does not take names on messages' });
  },
};
