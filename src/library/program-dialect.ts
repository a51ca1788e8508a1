// A program as a client of the gateway: its grammar is the canonical form itself. Streams are lines of JSON, because what a failed
// attempt had begun must be held back as it is for every other client.
import type { ChatEvent, ChatRequest, ChatResponse } from '../canonical/chat.ts';
import type { GatewayError } from '../core/errors.ts';
import { asString, type JsonObject, tryParseJson } from '../core/json.ts';
import type { ClientDialect, EventEncoder } from '../dialects/dialect.ts';

/** Made per call: it holds the request, and the failure of a stream as it was. */
export class ProgramDialect implements ClientDialect {
  readonly id = 'library';
  readonly keepAliveFrame = '';
  readonly streamContentType = 'application/x-ndjson';
  private readonly request: ChatRequest;
  failure: GatewayError | undefined;

  constructor(request: ChatRequest) {
    this.request = request;
  }

  decodeRequest(): ChatRequest {
    return this.request;
  }

  encodeResponse(response: ChatResponse): JsonObject {
    return response as unknown as JsonObject;
  }

  createEventEncoder(): EventEncoder {
    return { push: (event) => `${JSON.stringify(event)}\n`, end: () => '' };
  }

  encodeError(error: GatewayError): JsonObject {
    this.failure = error;
    return {};
  }

  /** A bound function: it is handed on without its object. */
  readonly encodeErrorFrame = (error: GatewayError): string => {
    this.failure = error;
    return '';
  };
}

export function decodeEvents(text: string): ChatEvent[] {
  return text
    .split('\n')
    .map((line) => tryParseJson(line))
    .filter((event) => asString((event as JsonObject | undefined)?.['type']) !== undefined) as unknown as ChatEvent[];
}

/** The program's body holds nothing: `decodeRequest` answers the request that it was made with. */
export const emptyBody = { bytes: Buffer.from('{}'), start: 0, end: 2, members: [] } as const;
