// Azure OpenAI: set AZURE_OPENAI_API_KEY and AZURE_OPENAI_ENDPOINT. The model is the name of a deployment.
import { LLMRouter } from 'mpc-api';

const router = new LLMRouter({ providers: ['azure'] });
const { text, cost, usage } = await router.generate({
  model: 'azure/gpt-4o-mini',
  system: 'Answer in one sentence.',
  prompt: 'Why is the sky blue?',
  maxTokens: 100,
});

console.log(text);
console.log(`${usage.totalTokens} tokens, ${cost ?? 'unknown'} USD`);
