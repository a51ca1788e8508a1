// The built-in simulator: no key, no network. Everything else about a router can be tried with it.
import { LLMRouter } from 'mpc-api';

const router = new LLMRouter({ providers: ['demo'] });
const result = await router.generate({ model: 'demo-fast', prompt: 'Hello!' });

console.log(result.text);
console.log(`${result.provider}/${result.model}: ${result.usage.totalTokens} tokens, ${result.cost} USD`);
