// OpenAI, and every provider with its API (groq, together, fireworks, deepseek, xai …): set OPENAI_API_KEY.
import { LLMRouter } from 'mpc-api';

const router = new LLMRouter({ providers: ['openai'] });
const { text, cost, usage } = await router.generate({
  model: 'openai/gpt-4o-mini',
  system: 'Answer in one sentence.',
  prompt: 'Why is the sky blue?',
  maxTokens: 100,
});

console.log(text);
console.log(`${usage.totalTokens} tokens, ${cost ?? 'unknown'} USD`);
