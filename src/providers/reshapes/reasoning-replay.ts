// DeepSeek's rule for `reasoning_content` in history differs by generation: R1 answers 400 when it comes back, V4 thinking with
// tools when it is missing on an assistant turn (an empty string will do).
import type { Reshape } from '../provider.ts';
import { editMessages, without } from './messages.ts';

export const reasoningAlways: Reshape = {
  name: 'reasoning-replay-always',
  members: ['messages'],
  when: ['"assistant"'],
  traits: ['reasoning-replay-always'],
  apply: (body) =>
    editMessages(body, (message) =>
      message['role'] === 'assistant' && typeof message['reasoning_content'] !== 'string' ? { ...message, reasoning_content: '' } : message,
    ),
};

export const reasoningNever: Reshape = {
  name: 'reasoning-replay-never',
  members: ['messages'],
  when: { keys: ['reasoning_content'] },
  traits: ['reasoning-replay-never'],
  apply(body, { warn }) {
    const changed = editMessages(body, (message) => without(message, ['reasoning_content']));
    if (changed) warn({ field: 'messages[].reasoning_content', kind: 'dropped', message: 'the model refuses earlier reasoning' });
  },
};
