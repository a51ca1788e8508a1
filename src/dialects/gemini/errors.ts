// Errors of the vendor's grammar: google.rpc.Status bodies, the terminal frame, and the failures of answers that break the grammar.
import { GatewayError } from '../../core/errors.ts';
import { isObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { encodeSse } from '../../framing/sse.ts';
import { decodeUpstreamFault } from '../upstream-error.ts';

const statusWords: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  402: 'RESOURCE_EXHAUSTED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  408: 'DEADLINE_EXCEEDED',
  409: 'ABORTED',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  500: 'INTERNAL',
  501: 'UNIMPLEMENTED',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

/** `{error:{code,message,status,details[]}}`. Our own code is the `reason`, a delay the RetryInfo that its clients look for. */
export function encodeError(error: GatewayError, requestId: string): JsonObject {
  const { param, retryAfterMs, extra } = error.details;
  const metadata = { request_id: requestId, ...(param !== undefined && { param }), ...textsOf(extra) };
  return {
    error: {
      code: error.status,
      message: error.message,
      status: statusWords[error.status] ?? (error.status < 500 ? 'INVALID_ARGUMENT' : 'INTERNAL'),
      details: [
        { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: error.code.toUpperCase(), domain: 'mpc-api', metadata },
        ...(retryAfterMs === undefined
          ? []
          : [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${Math.ceil(retryAfterMs / 1_000)}s` }]),
      ],
    },
  };
}

/** ErrorInfo's metadata holds texts only. */
function textsOf(extra: GatewayError['details']['extra']): JsonObject {
  const texts = Object.entries(extra ?? {}).flatMap(([key, value]) => (typeof value === 'string' ? [[key, value] as const] : []));
  return Object.fromEntries(texts);
}

export function encodeErrorFrame(error: GatewayError, requestId: string): string {
  return encodeSse(JSON.stringify(encodeError(error, requestId)));
}

/** The failure that a frame or a 200 body carries, if it does. */
export function findError(body: JsonObject): GatewayError | undefined {
  const { error } = body;
  return isObject(error) || (typeof error === 'string' && error !== '') ? decodeUpstreamFault(body) : undefined;
}

export function badReply(what: string, cause?: JsonValue): GatewayError {
  return new GatewayError('upstream_bad_reply', what, cause === undefined ? {} : { cause });
}

export function truncated(): GatewayError {
  return new GatewayError('upstream_truncated', 'the provider ended its stream without a finish reason; send the request again');
}
