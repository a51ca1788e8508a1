// A server of your own: Ollama on this machine, no key. LM Studio, vLLM and any OpenAI-compatible server work alike.
import { LLMRouter } from 'mpc-api';

const router = new LLMRouter({ ollama: { baseUrl: 'http://127.0.0.1:11434' } });
const { text, cost, usage } = await router.generate({
  model: 'ollama/llama3.2',
  system: 'Answer in one sentence.',
  prompt: 'Why is the sky blue?',
  maxTokens: 100,
});

console.log(text);
console.log(`${usage.totalTokens} tokens, ${cost ?? 'unknown'} USD`);
