import { expect, it } from 'vitest';
import type { ChatRequest } from '../canonical/chat.ts';
import { foreignFields } from './foreign-fields.ts';

const request: ChatRequest = {
  model: 'm',
  messages: [],
  stream: false,
  includeUsage: false,
  extensions: {
    'cohere-v2': { safety_mode: 'STRICT', logprobs: false },
    'openai-chat': { store: true, user: null },
    gemini: { safetySettings: [] },
  },
};

it('names what only other grammars know, but not what is switched off', () => {
  expect(foreignFields(request, 'anthropic-messages')).toEqual(['safety_mode', 'store']);
});

it('leaves out the grammars that are known', () => {
  expect(foreignFields(request, 'openai-chat')).toEqual(['safety_mode']);
  expect(foreignFields(request, 'cohere-v2', 'openai-chat')).toEqual([]);
});
