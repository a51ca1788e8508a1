// The vendor's generateContent grammar as one object: what the parts of this folder add up to.
import type { ChatDialect, ClientDialect } from '../dialect.ts';
import { decodeUpstreamError } from '../upstream-error.ts';
import { createArrayStream } from './array-stream.ts';
import { decodeRequest } from './decode-request.ts';
import { decodeResponse, readAnswerFacts } from './decode-response.ts';
import { encodeRequest } from './encode-request.ts';
import { encodeResponse } from './encode-response.ts';
import { encodeError, encodeErrorFrame } from './errors.ts';
import { createEventDecoder } from './event-decoder.ts';
import { createEventEncoder } from './event-encoder.ts';
import { createStreamWatcher } from './stream-watcher.ts';

export const gemini: ChatDialect = {
  id: 'gemini',
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
  // Blank lines: some of the vendor's SDKs take a comment for a broken answer.
  keepAliveFrame: '\n\n',
};

/** For one call that streams without `alt=sse`. */
export function createGeminiArray(): ClientDialect {
  return createArrayStream(gemini);
}
