// An answer as a typed object: the schema goes to the provider, and what comes back is checked against it.
import { LLMRouter } from 'mpc-api';
import { z } from 'zod';

const router = new LLMRouter({ providers: ['demo'] });
const { object } = await router.generate({
  model: 'demo-fast',
  prompt: 'Invent a city.',
  schema: z.object({ name: z.string(), inhabitants: z.number().int(), rivers: z.array(z.string()) }),
});

console.log(`${object.name}: ${object.inhabitants} inhabitants, ${object.rivers.length} rivers`);
