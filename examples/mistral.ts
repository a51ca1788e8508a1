// Mistral, with the key given in the program instead of MISTRAL_API_KEY.
import { LLMRouter } from 'mpc-api';

const router = new LLMRouter({ mistral: { apiKey: process.env['MY_MISTRAL_KEY'] ?? '' } });
const { text, cost, usage } = await router.generate({
  model: 'mistral/mistral-small-latest',
  system: 'Answer in one sentence.',
  prompt: 'Why is the sky blue?',
  maxTokens: 100,
});

console.log(text);
console.log(`${usage.totalTokens} tokens, ${cost ?? 'unknown'} USD`);
