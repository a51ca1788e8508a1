// Cohere's chat for its own SDKs: `/v2/chat`. Its embeddings and rerank are routes of their own kinds of work.
import { cohereV2 } from '../../dialects/cohere-v2/index.ts';
import { cohereChatShape } from '../../dialects/cohere-v2/shape.ts';
import { cohereGrammar } from '../error-grammar.ts';
import type { Router } from '../router.ts';
import { type BodyReading, chatHandler, chatReading, type ChatRouteOptions, gatewayMembers, readPositive } from './chat.ts';

const cohereReading: BodyReading = {
  maxOutputTokens: (scanned) => readPositive(scanned, 'max_tokens'),
  promptText: chatReading.promptText,
  gatewayMembers,
  takesFallbacks: false,
};

export function addCohereRoutes(router: Router, options: Omit<ChatRouteOptions, 'dialect' | 'shape' | 'reading'>): void {
  const handler = chatHandler({ ...options, dialect: cohereV2, shape: cohereChatShape, reading: cohereReading });
  router.add({ method: 'POST', path: '/v2/chat', access: 'key', handler, grammar: cohereGrammar });
}
