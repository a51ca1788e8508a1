// Mistral continues a last assistant message only when it says `prefix: true`; without it the answer is a 400. The reply then
// begins with the prefix, which is taken away again where the answer is decoded and is a warning where it passes as bytes.
import { isObject, type JsonValue } from '../../core/json.ts';
import type { Reshape } from '../provider.ts';

export const assistantPrefix: Reshape = {
  name: 'assistant-prefix',
  members: ['messages'],
  when: ['"assistant"'],
  apply(body, { warn, repeats }) {
    const messages = body['messages'];
    if (!Array.isArray(messages)) return;
    const last = (messages as JsonValue[]).at(-1);
    if (!isObject(last) || last['role'] !== 'assistant' || last['prefix'] === true || last['tool_calls'] !== undefined) return;
    body['messages'] = [...(messages as JsonValue[]).slice(0, -1), { ...last, prefix: true }];
    if (repeats !== undefined && typeof last['content'] === 'string') repeats(last['content']);
    else warn({ field: `messages[${messages.length - 1}]`, kind: 'emulated', message: 'sent as a prefix: the answer repeats it' });
  },
};
