// What upstreams may speak: the one list, for the server and for the library.
import type { DialectId } from '../canonical/chat.ts';
import { GatewayError } from '../core/errors.ts';
import { anthropicMessages } from './anthropic-messages/index.ts';
import { bedrockConverse } from './bedrock-converse/index.ts';
import { cohereV2 } from './cohere-v2/index.ts';
import type { UpstreamDialect } from './dialect.ts';
import { gemini } from './gemini/index.ts';
import { openaiChat } from './openai-chat/index.ts';
import { openaiResponses } from './openai-responses/index.ts';

const dialects: Readonly<Partial<Record<DialectId, UpstreamDialect>>> = {
  'anthropic-messages': anthropicMessages,
  'bedrock-converse': bedrockConverse,
  'cohere-v2': cohereV2,
  gemini,
  'openai-chat': openaiChat,
  'openai-responses': openaiResponses,
};

export function upstreamDialectOf(id: DialectId): UpstreamDialect {
  const dialect = dialects[id];
  if (dialect === undefined) throw new GatewayError('internal_error', `no codec for the dialect ${id}`);
  return dialect;
}
