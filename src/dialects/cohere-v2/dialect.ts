// Cohere's chat grammar, version 2, as one object: what the parts of this folder add up to.
import type { ChatDialect } from '../dialect.ts';
import { decodeRequest } from './decode-request.ts';
import { decodeResponse, readAnswerFacts } from './decode-response.ts';
import { encodeRequest } from './encode-request.ts';
import { encodeResponse } from './encode-response.ts';
import { decodeError, encodeError, encodeErrorFrame } from './errors.ts';
import { createEventDecoder } from './event-decoder.ts';
import { createEventEncoder } from './event-encoder.ts';
import { createStreamWatcher } from './stream-watcher.ts';

export const cohereV2: ChatDialect = {
  id: 'cohere-v2',
  decodeRequest,
  encodeRequest,
  decodeResponse,
  encodeResponse,
  createEventDecoder,
  createEventEncoder,
  createStreamWatcher,
  readAnswerFacts,
  decodeError,
  encodeError,
  encodeErrorFrame,
  keepAliveFrame: ': keepalive\n\n',
  takesComments: true,
};
