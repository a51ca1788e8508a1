// Text as it comes. Leaving the loop stops the provider, too, so nothing more is made or paid for.
import { LLMRouter } from 'mpc-api';

const router = new LLMRouter({ providers: ['demo'] });

for await (const part of router.stream({ model: 'demo-fast', prompt: 'Tell me a story.' })) {
  if (part.type === 'text') process.stdout.write(part.text);
  if (part.type === 'finish') console.log(`\n${part.result.finishReason}, ${part.result.usage.completionTokens} tokens`);
}
