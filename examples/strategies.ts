// Without a model the router chooses, by what is asked and by its strategy; a function may have the last word.
import { LLMRouter } from 'mpc-api';

const router = new LLMRouter({ providers: ['demo'], strategy: 'quality-first' });
console.log((await router.generate({ task: 'chat', prompt: 'Hello!' })).model);

router.setStrategy('speed-priority');
console.log((await router.generate({ task: 'chat', prompt: 'Hello!' })).model);

router.setStrategy((candidates) => candidates.filter((candidate) => candidate.model.includes('strong')));
console.log((await router.generate({ task: 'chat', prompt: 'Hello!' })).model);
