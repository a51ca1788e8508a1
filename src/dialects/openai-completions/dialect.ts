// OpenAI's text completions, bridged to chat: the prompt becomes a user message, the answer's text the completion. For clients only,
// so that whatever still asks this way (LlamaIndex by default, Dify's completion mode) is served by every model.
import type { ClientDialect } from '../dialect.ts';
import { openaiChat } from '../openai-chat/index.ts';
import { createEventEncoder } from './events-encode.ts';
import { decodeRequest } from './request-decode.ts';
import { encodeResponse } from './response.ts';

export const openaiCompletions: ClientDialect = {
  id: 'openai-completions',
  decodeRequest,
  encodeResponse,
  createEventEncoder,
  // Errors and keepalives are the vendor's for all its APIs.
  encodeError: openaiChat.encodeError,
  encodeErrorFrame: openaiChat.encodeErrorFrame,
  keepAliveFrame: openaiChat.keepAliveFrame,
  takesComments: true,
};
