// A provider of one's own, as an object with methods: for what no declaration describes.
import { LLMRouter } from 'mpc-api';
import { parrot } from './parrot.ts';

const router = new LLMRouter({ adapters: [parrot] });
const { text, cost } = await router.generate({ model: 'parrot/grey', prompt: 'Hello there.' });
console.log(text, `(${cost} USD)`);
