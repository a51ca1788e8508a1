// The grammar of OpenAI's text completions, for clients only.
export { openaiCompletions } from './dialect.ts';
