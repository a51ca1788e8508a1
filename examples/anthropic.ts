// Anthropic: set ANTHROPIC_API_KEY.
import { LLMRouter } from 'mpc-api';

const router = new LLMRouter({ providers: ['anthropic'] });
const { text, cost, usage } = await router.generate({
  model: 'anthropic/claude-sonnet-4-5',
  system: 'Answer in one sentence.',
  prompt: 'Why is the sky blue?',
  maxTokens: 100,
});

console.log(text);
console.log(`${usage.totalTokens} tokens, ${cost ?? 'unknown'} USD`);
