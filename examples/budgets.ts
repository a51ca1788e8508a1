// A router that cannot overspend: a call that could cost more than is left is refused before it is sent.
import { LLMError, LLMRouter } from 'mpc-api';

const router = new LLMRouter({ mistral: { apiKey: 'not-a-key', baseUrl: 'http://127.0.0.1:9/v1' }, maxCostUsd: 0.000_01, retry: 0 });

try {
  await router.generate({ model: 'mistral/mistral-small-latest', prompt: 'Write a novel.', maxTokens: 100_000 });
} catch (error) {
  if (!(error instanceof LLMError)) throw error;
  console.log(`${error.code}: ${error.message}`);
}
console.log(router.budget());
