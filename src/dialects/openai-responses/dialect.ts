// OpenAI's Responses grammar as one object: what the parts of this folder add up to.
import type { ChatDialect } from '../dialect.ts';
import { openaiChat } from '../openai-chat/index.ts';
import { decodeUpstreamError } from '../upstream-error.ts';
import { decodeRequest } from './decode-request.ts';
import { decodeResponse, readAnswerFacts } from './decode-response.ts';
import { encodeRequest } from './encode-request.ts';
import { encodeResponse } from './encode-response.ts';
import { encodeErrorFrame } from './errors.ts';
import { createEventDecoder } from './event-decoder.ts';
import { createEventEncoder } from './event-encoder.ts';
import { createStreamWatcher } from './stream-watcher.ts';

export const openaiResponses: ChatDialect = {
  id: 'openai-responses',
  decodeRequest,
  encodeRequest,
  decodeResponse,
  encodeResponse,
  createEventDecoder,
  createEventEncoder,
  createStreamWatcher,
  readAnswerFacts,
  decodeError: decodeUpstreamError,
  // Error bodies and keepalives are the vendor's for all its APIs.
  encodeError: openaiChat.encodeError,
  encodeErrorFrame,
  keepAliveFrame: openaiChat.keepAliveFrame,
  takesComments: true,
};
