// Amazon Bedrock's Converse grammar as one object. Upstreams only: clients of Bedrock sign their calls for Bedrock's own address.
import { createAwsEventStreamParser } from '../../framing/aws-event-stream.ts';
import type { UpstreamDialect } from '../dialect.ts';
import { decodeResponse, readAnswerFacts } from './decode-response.ts';
import { encodeRequest } from './encode-request.ts';
import { decodeError } from './errors.ts';
import { createEventDecoder } from './event-decoder.ts';

export const bedrockConverse: UpstreamDialect = {
  id: 'bedrock-converse',
  encodeRequest,
  decodeResponse,
  readAnswerFacts,
  createEventDecoder,
  decodeError,
  framing: { contentType: 'vnd.amazon.eventstream', createFrameParser: createAwsEventStreamParser },
};
