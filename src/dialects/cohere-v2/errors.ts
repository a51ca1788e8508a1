// Errors of Cohere's grammar: the flat body, the last event of a stream that failed, and the failures that answers carry.
import { GatewayError } from '../../core/errors.ts';
import { asString, isObject, type JsonObject } from '../../core/json.ts';
import { encodeSse } from '../../framing/sse.ts';
import type { ErrorReply } from '../dialect.ts';
import { decodeUpstreamError, decodeUpstreamFault } from '../upstream-error.ts';

/** 498 is the vendor's word for a token that is not valid. */
export function decodeError(reply: ErrorReply): GatewayError {
  return decodeUpstreamError(reply.status === 498 ? { ...reply, status: 401 } : reply);
}

/** `{id, message}` is all the vendor's SDKs read; the code tells a program what happened. */
export function encodeError(error: GatewayError, requestId: string): JsonObject {
  const { details } = error;
  return {
    ...(details.extra as JsonObject | undefined),
    id: requestId,
    message: error.message,
    code: error.code,
    ...(details.param !== undefined && { param: details.param }),
  };
}

/** The grammar ends a failed stream with an ordinary last event whose finish reason says so. */
export function encodeErrorFrame(error: GatewayError, requestId: string): string {
  const delta = { finish_reason: 'ERROR', error: error.message };
  return encodeSse(JSON.stringify({ type: 'message-end', id: requestId, delta, code: error.code }), 'message-end');
}

/** The failure that a frame or the body of a 200 carries, if it does: flat as the vendor writes it, or nested as proxies do. */
export function findError(body: JsonObject, type: unknown = body.type): GatewayError | undefined {
  const { error } = body;
  if (isObject(error) || (typeof error === 'string' && error !== '')) return decodeUpstreamFault(body);
  if (type === 'error' || (type === undefined && typeof body.message === 'string')) return decodeUpstreamFault(body);
  return undefined;
}

/** What stands behind a finish reason that is a failure; `error` is the provider's sentence about it. */
export function finishError(wire: string, error: unknown): GatewayError {
  const said = asString(error);
  const why = said === undefined || said === '' ? '' : `: ${said.slice(0, 300)}`;
  return wire === 'TIMEOUT'
    ? new GatewayError('upstream_timeout', `the provider ran out of time while answering${why}`, { upstreamCode: wire })
    : new GatewayError('upstream_error', `the provider ended its answer with an error${why}`, { upstreamCode: wire });
}

export function badReply(what: string, cause?: unknown): GatewayError {
  return new GatewayError('upstream_bad_reply', what, cause === undefined ? {} : { cause });
}

export function truncated(): GatewayError {
  return new GatewayError('upstream_truncated', 'the provider ended its stream without a finish reason; send the request again');
}

/** Two halves of different answers must never be joined into one. */
export function restarted(): GatewayError {
  return badReply('invalid sequence: the provider began a second message inside the first');
}
