// Google AI Studio: set GEMINI_API_KEY.
import { LLMRouter } from 'mpc-api';

const router = new LLMRouter({ providers: ['google'] });
const { text, cost, usage } = await router.generate({
  model: 'google/gemini-2.5-flash',
  system: 'Answer in one sentence.',
  prompt: 'Why is the sky blue?',
  maxTokens: 100,
});

console.log(text);
console.log(`${usage.totalTokens} tokens, ${cost ?? 'unknown'} USD`);
