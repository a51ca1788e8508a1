export { createDemoDispatcher, demoBaseUrl } from './dispatcher.ts';
