// Failures of the Responses grammar: inside answers and streams, and the frames that end a stream that failed.
import { type ErrorCode, failures, GatewayError } from '../../core/errors.ts';
import { asObject, asString, isObject, type JsonObject } from '../../core/json.ts';
import { encodeSse } from '../../framing/sse.ts';
import { decodeUpstreamFault } from '../upstream-error.ts';

/**
 * The failure that a body or a stream event carries, if it does: an `error` event (flat or nested), `response.failed`, a whole
 * response that failed, or the plain error body of every OpenAI API.
 */
export function findError(body: JsonObject): GatewayError | undefined {
  switch (body.type) {
    case 'error':
      return decodeFailure(isObject(body.error) ? body.error : body);
    case 'response.failed':
    case 'response.cancelled':
      return readFailed(asObject(body.response) ?? {});
    default:
  }
  if (body.status === 'failed' || body.status === 'cancelled') return readFailed(body);
  const { error } = body;
  if (!isObject(error) && !(typeof error === 'string' && error !== '')) return undefined;
  // Every good response has `error: null`.
  return decodeUpstreamFault(body);
}

function readFailed(response: JsonObject): GatewayError {
  const error = asObject(response.error);
  if (error !== undefined) return decodeFailure(error);
  const how = response.status === 'cancelled' ? 'cancelled its answer' : 'ended its answer with an error';
  return new GatewayError('upstream_error', `the provider ${how}`, { cause: response });
}

/** The codes of this API besides those that all of the vendor's share: what the request itself is to blame for. */
function decodeFailure(error: JsonObject): GatewayError {
  const failure = decodeUpstreamFault({ error: { ...error, type: error.type === 'error' ? undefined : error.type } as JsonObject });
  const code = asString(error.code) ?? '';
  if (failure.code !== 'upstream_error' || !/^(invalid_|image_|unsupported_|empty_image|failed_to_download_image)/.test(code))
    return failure;
  return new GatewayError('upstream_rejected', failure.message, { ...failure.details, status: 400 });
}

export function badReply(what: string, cause?: unknown): GatewayError {
  return new GatewayError('upstream_bad_reply', what, cause === undefined ? {} : { cause });
}

export function truncated(): GatewayError {
  return new GatewayError('upstream_truncated', 'the provider ended its stream before its response was complete; send the request again');
}

/** Words that clients of this API switch on (Codex does not repeat after some of them); the rest is `server_error`. */
const codes: Partial<Record<ErrorCode, string>> = {
  context_length_exceeded: 'context_length_exceeded',
  upstream_quota_exhausted: 'insufficient_quota',
  upstream_rate_limited: 'rate_limit_exceeded',
  upstream_overloaded: 'server_is_overloaded',
  content_filtered: 'content_filter',
  invalid_request: 'invalid_prompt',
  upstream_rejected: 'invalid_prompt',
};

export interface FailedStream {
  readonly requestId: string;
  /** The response as far as the client knows it; absent when nothing of it was said. */
  readonly response?: JsonObject | undefined;
  /** Number of the next event. */
  readonly sequence: number;
}

/** `error` for SDKs, which throw at it, then `response.failed`, which ends the grammar legally; the vendor sends both, too. */
export function encodeFailure(error: GatewayError, failed: FailedStream): string {
  const code = error.details.upstreamCode ?? codes[error.code] ?? 'server_error';
  const param = error.details.param ?? null;
  const event = {
    type: 'error',
    sequence_number: failed.sequence,
    code,
    message: error.message,
    param,
    error: { type: failures[error.code].openai, code, message: error.message, param, request_id: failed.requestId },
  };
  const response = {
    id: `resp_${failed.requestId.replace(/[^a-zA-Z0-9]/g, '')}`,
    object: 'response',
    created_at: 0,
    model: '',
    output: [],
    usage: null,
    incomplete_details: null,
    ...failed.response,
    status: 'failed',
    error: { code, message: error.message },
  };
  return (
    encodeSse(JSON.stringify(event), 'error') +
    encodeSse(JSON.stringify({ type: 'response.failed', sequence_number: failed.sequence + 1, response }), 'response.failed')
  );
}

/** The last frames of a stream of which the client has seen nothing. */
export function encodeErrorFrame(error: GatewayError, requestId: string): string {
  return encodeFailure(error, { requestId, sequence: 0 });
}
