export { openaiResponses } from './dialect.ts';
