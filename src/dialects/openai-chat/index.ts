// The OpenAI chat grammar.
export { openaiChat } from './dialect.ts';
export { openaiChatWholeCalls, wantsWholeCalls } from './whole-calls.ts';
