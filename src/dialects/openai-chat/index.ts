// The OpenAI chat grammar.
export { openaiChat } from './dialect.ts';
