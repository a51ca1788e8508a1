export { decodePrompt } from './decode-request.ts';
export { anthropicMessages } from './dialect.ts';
