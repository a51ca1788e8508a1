// When a model fails, the next one answers; the caller sees one result, with every attempt in its metadata.
import { LLMError, LLMRouter } from 'mpc-api';

// The first provider cannot be reached here: nothing listens on port 9.
const router = new LLMRouter({ providers: ['demo'], mistral: { apiKey: 'not-a-key', baseUrl: 'http://127.0.0.1:9/v1' } });
router.on('attempt-end', ({ model, errorCode }) => console.log(`${model}: ${errorCode ?? 'ok'}`));

const { text } = await router.advanced({
  model: 'mistral/mistral-small-latest',
  fallbacks: ['demo/demo-fast'],
  prompt: 'Hello!',
  retry: 0,
  timeout: 10_000,
});
console.log(text);

try {
  await router.generate({ model: 'mistral/mistral-small-latest', prompt: 'Hello!', retry: 0 });
} catch (error) {
  if (!(error instanceof LLMError)) throw error;
  console.log(`${error.code} at ${error.provider} (status ${error.status}): ${error.message}`);
}
