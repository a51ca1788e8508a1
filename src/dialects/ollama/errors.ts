// Errors of Ollama's grammar: one sentence under `error`, as a body and as the last line of a stream.
import type { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { encodeNdjson } from '../../framing/ndjson.ts';

/** Clients show `error`; the rest is for whoever reads the log. */
export function encodeError(error: GatewayError, requestId: string): JsonObject {
  const { param } = error.details;
  return { error: error.message, code: error.code, ...(param !== undefined && { param }), request_id: requestId };
}

export function encodeErrorFrame(error: GatewayError, requestId: string): string {
  return encodeNdjson(encodeError(error, requestId));
}
