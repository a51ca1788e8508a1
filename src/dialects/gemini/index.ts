export { gemini, createGeminiArray } from './dialect.ts';
export { geminiEmbed } from './embed.ts';
