// Anthropic's Messages grammar as one object: what the parts of this folder add up to.
import { encodeSse } from '../../framing/sse.ts';
import type { ChatDialect } from '../dialect.ts';
import { decodeUpstreamError } from '../upstream-error.ts';
import { decodeRequest } from './decode-request.ts';
import { decodeResponse, readAnswerFacts } from './decode-response.ts';
import { encodeRequest } from './encode-request.ts';
import { encodeResponse } from './encode-response.ts';
import { encodeError, encodeErrorFrame } from './errors.ts';
import { createEventDecoder } from './event-decoder.ts';
import { createEventEncoder } from './event-encoder.ts';
import { createStreamWatcher } from './stream-watcher.ts';

export const anthropicMessages: ChatDialect = {
  id: 'anthropic-messages',
  decodeRequest,
  encodeRequest,
  decodeResponse,
  encodeResponse,
  createEventDecoder,
  createEventEncoder,
  createStreamWatcher,
  readAnswerFacts,
  decodeError: decodeUpstreamError,
  encodeError,
  encodeErrorFrame,
  keepAliveFrame: encodeSse('{"type": "ping"}', 'ping'),
  takesComments: true,
};
