export { createOllamaChat, createOllamaGenerate, ollamaChat } from './dialect.ts';
export { ollamaEmbed, ollamaEmbeddings } from './embed.ts';
