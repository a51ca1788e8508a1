// The OpenAI chat completions grammar, as OpenAI writes it and as the rest of the world imitates it.
import type { ChatDialect } from '../dialect.ts';
import { decodeUpstreamError } from '../upstream-error.ts';
import { encodeError, encodeErrorFrame } from './errors.ts';
import { createEventDecoder } from './events-decode.ts';
import { createEventEncoder } from './events-encode.ts';
import { decodeRequest } from './request-decode.ts';
import { encodeRequest } from './request-encode.ts';
import { decodeResponse, encodeResponse, readAnswerFacts } from './response.ts';
import { scanAnswer } from './scan-answer.ts';
import { createStreamWatcher } from './watch-stream.ts';

export const openaiChat: ChatDialect = {
  id: 'openai-chat',
  decodeRequest,
  encodeRequest,
  decodeResponse,
  encodeResponse,
  createEventDecoder,
  createEventEncoder,
  createStreamWatcher,
  readAnswerFacts,
  scanAnswer,
  decodeError: decodeUpstreamError,
  encodeError,
  encodeErrorFrame,
  keepAliveFrame: ': keepalive\n\n',
  takesComments: true,
};
