// Errors of the Messages grammar: bodies, the terminal frame, and the failures of answers that break the grammar.
import { failures, GatewayError } from '../../core/errors.ts';
import { isObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { encodeSse } from '../../framing/sse.ts';
import { decodeUpstreamFault } from '../upstream-error.ts';

/** `{type:"error",error:{type,message},request_id}`; what more we know stands inside `error`, where SDKs hand it to the program. */
export function encodeError(error: GatewayError, requestId: string): JsonObject {
  const { details } = error;
  return {
    type: 'error',
    error: {
      ...(details.extra as JsonObject | undefined),
      type: failures[error.code].anthropic,
      message: error.message,
      code: error.code,
      ...(details.param !== undefined && { param: details.param }),
      // Where the SDK for API version 2026-10-21 looks for the code.
      details: { error_code: error.code },
    },
    request_id: requestId,
  };
}

export function encodeErrorFrame(error: GatewayError, requestId: string): string {
  return encodeSse(JSON.stringify(encodeError(error, requestId)), 'error');
}

/** The failure that a frame or a 200 body carries, if it does: the vendor's shape, or a bare `error` as proxies write it. */
export function findError(body: JsonObject): GatewayError | undefined {
  if (body.type === 'error') return decodeUpstreamFault(body);
  const { error } = body;
  if (body.type === undefined && (isObject(error) || (typeof error === 'string' && error !== ''))) return decodeUpstreamFault(body);
  return undefined;
}

export function badReply(what: string, cause?: JsonValue): GatewayError {
  return new GatewayError('upstream_bad_reply', what, cause === undefined ? {} : { cause });
}

export function truncated(): GatewayError {
  return new GatewayError('upstream_truncated', 'the provider ended its stream without a stop reason; send the request again');
}

/** Two halves of different answers must never be joined into one. */
export function restarted(): GatewayError {
  return badReply('invalid sequence: the provider began a second message inside the first');
}
