// DeepSeek has no effort `none`: thinking is switched off with its own member.
import type { Reshape } from '../provider.ts';

export const effortNoneAsThinking: Reshape = {
  name: 'effort-none-as-thinking',
  members: ['reasoning_effort', 'thinking'],
  when: ['"none"'],
  apply(body) {
    if (body['reasoning_effort'] !== 'none') return;
    body['reasoning_effort'] = undefined;
    body['thinking'] ??= { type: 'disabled' };
  },
};
