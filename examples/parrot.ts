// An adapter: an object with seven methods. This one needs no network; custom-adapter.ts uses it, conformance.ts checks it.
import type { ProviderAdapter } from 'mpc-api';

export const parrot: ProviderAdapter = {
  id: 'parrot',
  load: async () => {},
  async complete({ messages, signal }) {
    signal?.throwIfAborted();
    const text = `${messages.at(-1)?.text ?? ''} Squawk!`;
    return { text, finishReason: 'stop', usage: { promptTokens: 3, completionTokens: 2 } };
  },
  async *stream({ messages }) {
    for (const word of (messages.at(-1)?.text ?? '').split(' ')) yield { type: 'text', text: `${word} ` };
    yield { type: 'text', text: 'Squawk!' };
    yield { type: 'finish', finishReason: 'stop', usage: { promptTokens: 3, completionTokens: 2 } };
  },
  getHeaders: () => ({}),
  parseResponse(body) {
    if (typeof body !== 'object' || body === null || !('text' in body)) throw new TypeError('no answer of a parrot');
    return { text: String(body.text), finishReason: 'stop' };
  },
  calculateCost: ({ promptTokens, completionTokens }) => (promptTokens + completionTokens) * 0.000_001,
  listModels: async () => ['grey', 'green'],
};
