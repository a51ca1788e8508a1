// An adapter for the server: `providers: { echo: { adapter: ./echo-adapter.mjs, models: [plain] } }` in mpc.yaml, then call echo/plain.
// The methods are those of parrot.ts; conformance.ts shows how to hold it to the laws.

const answerTo = (messages) => `You said: ${messages.at(-1)?.text ?? ''}`;
const usageOf = (text) => ({ promptTokens: 4, completionTokens: Math.ceil(text.length / 4) });

/** @type {import('mpc-api').ProviderAdapter} */
export const echo = {
  id: 'echo',
  name: 'Echo',
  async load(model) {
    if (model !== 'plain') throw Object.assign(new Error(`there is no model ${model}`), { status: 404 });
  },
  async complete({ messages, signal }) {
    signal?.throwIfAborted();
    const text = answerTo(messages);
    return { text, finishReason: 'stop', usage: usageOf(text) };
  },
  async *stream({ messages, signal }) {
    const text = answerTo(messages);
    for (const word of text.split(/(?<= )/)) {
      signal?.throwIfAborted();
      yield { type: 'text', text: word };
    }
    yield { type: 'finish', finishReason: 'stop', usage: usageOf(text) };
  },
  getHeaders: () => ({}),
  parseResponse(body) {
    if (typeof body !== 'object' || body === null || typeof body.text !== 'string') throw new TypeError('no answer of this adapter');
    return { text: body.text, finishReason: 'stop' };
  },
  calculateCost: ({ promptTokens, completionTokens }) => (promptTokens + completionTokens) * 0.000_001,
  listModels: async () => ['plain'],
};
