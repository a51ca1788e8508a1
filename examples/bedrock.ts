// Amazon Bedrock: the usual AWS variables or profile; the region may be given here.
import { LLMRouter } from 'mpc-api';

const router = new LLMRouter({ bedrock: { account: { region: 'eu-west-1' } } });
const { text, cost, usage } = await router.generate({
  model: 'bedrock/anthropic.claude-sonnet-4-5-20250929-v1:0',
  system: 'Answer in one sentence.',
  prompt: 'Why is the sky blue?',
  maxTokens: 100,
});

console.log(text);
console.log(`${usage.totalTokens} tokens, ${cost ?? 'unknown'} USD`);
