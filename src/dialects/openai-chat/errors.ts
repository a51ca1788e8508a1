// Errors of the OpenAI grammar, both ways: bodies, error objects inside streams and 200s, and the terminal error frame.
import { failures, GatewayError } from '../../core/errors.ts';
import { isObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { encodeSse } from '../../framing/sse.ts';
import { decodeUpstreamFault } from '../upstream-error.ts';

/** `{error:{message,type,code,param}}`, all four always: SDKs read them without looking. */
export function encodeError(error: GatewayError, requestId: string): JsonObject {
  const { details } = error;
  // The provider's words about the gateway's own key would tell the caller that the caller's key is bad.
  const upstream = error.code === 'upstream_auth_failed' ? {} : details;
  return {
    error: {
      ...(details.extra as JsonObject | undefined),
      message: error.message,
      type: (error.code === 'upstream_rejected' ? upstream.upstreamType : undefined) ?? failures[error.code].openai,
      code: upstream.upstreamCode ?? error.code,
      param: details.param ?? null,
      request_id: requestId,
    },
  };
}

/** The last frame of a stream that failed; no [DONE] follows, so that no client takes the answer for complete. */
export function encodeErrorFrame(error: GatewayError, requestId: string): string {
  return encodeSse(JSON.stringify(encodeError(error, requestId)));
}

/**
 * The failure that a chunk or a 200 body carries, if it does. `error: null` is an ordinary chunk; an error beside `choices`
 * still ends the answer (OpenRouter sends it after a finish reason, too).
 */
export function findError(body: JsonObject): GatewayError | undefined {
  const { error } = body;
  if (isObject(error) || Array.isArray(error) || (typeof error === 'string' && error !== '')) return decodeUpstreamFault(body);
  if (Array.isArray(body.choices)) return findChoiceError(body.choices);
  // Flat shapes (vLLM, Mistral, Cerebras, FastAPI): only without choices, where they cannot be content.
  const flat = body.object === 'error' || (body.choices === undefined && (isFlatMessage(body) || isDetail(body.detail)));
  return flat ? decodeUpstreamFault(body) : undefined;
}

function findChoiceError(choices: readonly JsonValue[]): GatewayError | undefined {
  for (const choice of choices) {
    if (isObject(choice) && isObject(choice.error)) return decodeUpstreamFault(choice);
  }
  return undefined;
}

function isFlatMessage(body: JsonObject): boolean {
  return typeof body.message === 'string' && (body.code !== undefined || body.type !== undefined || body.status !== undefined);
}

function isDetail(detail: JsonValue | undefined): boolean {
  return detail !== undefined && detail !== null;
}

export function badReply(what: string, cause?: unknown): GatewayError {
  return new GatewayError('upstream_bad_reply', what, cause === undefined ? {} : { cause });
}

export function truncated(): GatewayError {
  return new GatewayError('upstream_truncated', 'the provider ended its stream without a finish reason; send the request again');
}
