// Clients of the matrix: what each sends for a scenario and what it reads in an answer.
import { messagesClient } from './anthropic-messages.ts';
import { cohereClient } from './cohere-v2.ts';
import { geminiClient } from './gemini.ts';
import { ollamaClient } from './ollama.ts';
import { chatClient } from './openai-chat.ts';
import { responsesClient } from './openai-responses.ts';
import type { Client } from './client.ts';

export type { Any, Wire } from './client.ts';

export const clients = {
  'openai-chat': chatClient,
  'openai-responses': responsesClient,
  'anthropic-messages': messagesClient,
  gemini: geminiClient,
  'cohere-v2': cohereClient,
  ollama: ollamaClient,
} as const satisfies Readonly<Record<string, Client>>;
