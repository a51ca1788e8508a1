// Every way an exchange can fail, in one table, and the one error class that carries it.
// Routing reads `retry`, the server reads `status`, docs/errors.md is checked against the keys.

/**
 * What routing may do after this failure, as long as no content has reached the client:
 * `never` answers it, `next` tries the next candidate, `again` retries the same candidate
 * first (within the retry limit) and then the next one.
 */
export type RetryClass = 'never' | 'next' | 'again';

export interface Failure {
  readonly status: number;
  readonly retry: RetryClass;
  /** OpenAI `error.type`. */
  readonly openai: string;
  /** Anthropic `error.type`. */
  readonly anthropic: string;
  /** What the code means and what to do about it; docs/errors.md is generated from this. */
  readonly help: string;
}

const badRequest = { retry: 'never', openai: 'invalid_request_error', anthropic: 'invalid_request_error' } as const;
const badKey = { retry: 'never', openai: 'authentication_error', anthropic: 'authentication_error' } as const;
const forbidden = { retry: 'never', openai: 'permission_error', anthropic: 'permission_error' } as const;
const missing = { retry: 'never', openai: 'invalid_request_error', anthropic: 'not_found_error' } as const;
const upstream = { openai: 'api_error', anthropic: 'api_error' } as const;

export const failures = {
  invalid_json: {
    status: 400,
    ...badRequest,
    help: 'The body is not JSON (the message gives the position). Send one JSON object in UTF-8.',
  },
  invalid_request: { status: 400, ...badRequest, help: 'A field is missing or has the wrong type; `param` names it.' },
  unsupported_capability: {
    status: 400,
    ...badRequest,
    help: 'The model lacks something the request needs (images, tools, JSON schema …). The message names the nearest model that has it.',
  },
  context_length_exceeded: {
    status: 400,
    ...badRequest,
    retry: 'next',
    help: 'The prompt is longer than the model can read. Shorten it or name a model with a larger window.',
  },
  content_filtered: { status: 400, ...badRequest, help: 'The provider refused the prompt or the answer on policy grounds.' },
  unknown_model: {
    status: 404,
    ...missing,
    help: 'No model, alias or provider id has this name; the message lists the nearest ones. The `/api` routes answer 400.',
  },
  model_not_configured: {
    status: 404,
    ...missing,
    help: 'The model is known, but no configured connection offers it. The message names the variable to set. The `/api` routes answer 400.',
  },
  no_matching_model: {
    status: 404,
    ...missing,
    help: 'No model meets all constraints; the message names the last one that failed and the smallest relaxation.',
  },
  not_found: { status: 404, ...missing, help: 'There is no such endpoint or object; the message names the nearest route.' },
  method_not_allowed: { status: 405, ...badRequest, help: 'The path exists with another method; see the `Allow` header.' },
  body_too_large: {
    status: 413,
    ...badRequest,
    anthropic: 'request_too_large',
    help: 'The body is larger than the limit (32 MB by default, `limits.body_mb`).',
  },
  unsupported_media_type: {
    status: 415,
    ...badRequest,
    help: 'Send `content-type: application/json`, optionally with `content-encoding: gzip`.',
  },
  request_timeout: { status: 408, ...badRequest, anthropic: 'timeout_error', help: 'The request headers or body arrived too slowly.' },
  budget_exceeded: {
    status: 402,
    ...badRequest,
    openai: 'insufficient_quota',
    anthropic: 'billing_error',
    help: 'The call could cost more than is left of a budget; the message names the budget and the amounts.',
  },
  missing_key: { status: 401, ...badKey, help: 'No key was sent. Send one as `Authorization: Bearer …` or `x-api-key`.' },
  invalid_key: { status: 401, ...badKey, help: 'The key is unknown, expired or revoked. Create one with `mpc keys create`.' },
  model_not_allowed: { status: 403, ...forbidden, help: 'The key exists but may not use this model.' },
  scope_required: { status: 403, ...forbidden, help: 'The key exists, but its scopes do not cover this route or field.' },
  admin_required: { status: 403, ...forbidden, help: 'This route needs the admin key.' },
  host_not_allowed: {
    status: 421,
    ...forbidden,
    help: 'The `Host` header is not one this server answers to (protection against DNS rebinding). Set `server.allowed_hosts`.',
  },
  origin_not_allowed: {
    status: 403,
    ...forbidden,
    help: 'A web page of another origin called a gateway without keys. Set `server.allowed_origins` or require keys.',
  },
  upstream_rejected: { status: 400, ...badRequest, help: 'The provider refused the request; its own message follows.' },
  upstream_not_found: { status: 404, ...missing, retry: 'next', help: 'The provider does not know the model or path.' },
  upstream_auth_failed: {
    status: 502,
    ...upstream,
    retry: 'next',
    help: "The provider refused the gateway's own credentials. Check the connection's key (`mpc doctor`).",
  },
  upstream_quota_exhausted: {
    status: 429,
    retry: 'next',
    openai: 'insufficient_quota',
    anthropic: 'rate_limit_error',
    help: "The gateway's account at the provider has no credit left.",
  },
  upstream_rate_limited: {
    status: 429,
    retry: 'again',
    openai: 'rate_limit_error',
    anthropic: 'rate_limit_error',
    help: 'The provider limits the rate; `retry-after` says when to try again.',
  },
  upstream_overloaded: {
    status: 503,
    retry: 'again',
    openai: 'server_error',
    anthropic: 'overloaded_error',
    help: 'The provider is overloaded.',
  },
  upstream_error: { status: 502, ...upstream, retry: 'again', help: 'The provider failed with a server error.' },
  upstream_unreachable: {
    status: 502,
    ...upstream,
    retry: 'again',
    help: 'No connection to the provider: refused, reset, DNS or TLS. Check the base URL (`mpc doctor`).',
  },
  upstream_bad_reply: {
    status: 502,
    ...upstream,
    retry: 'next',
    help: 'The provider answered something that is not its documented format.',
  },
  upstream_truncated: { status: 502, ...upstream, retry: 'again', help: 'The stream of the provider ended without a finish reason.' },
  upstream_timeout: {
    status: 504,
    retry: 'next',
    openai: 'timeout_error',
    anthropic: 'timeout_error',
    help: 'The provider did not answer within the time limit (`timeouts`).',
  },
  client_gone: { status: 499, ...badRequest, help: 'The client closed the connection; the upstream call was aborted. Seen in logs only.' },
  overtaken: {
    status: 499,
    ...badRequest,
    help: 'An attempt was called off, because a second one at the same call answered first (hedging). Seen in attempts of the ledger only.',
  },
  shutting_down: {
    status: 503,
    retry: 'never',
    openai: 'server_error',
    anthropic: 'overloaded_error',
    help: 'The gateway is stopping; send the request again.',
  },
  price_unknown: {
    status: 402,
    ...badRequest,
    openai: 'insufficient_quota',
    anthropic: 'billing_error',
    help: 'A hard budget holds for the call, and the price of the model is not known. Add the price to the catalog overlay, or set `unknown_price: allow` for the budget.',
  },
  limit_exceeded: {
    status: 429,
    retry: 'never',
    openai: 'rate_limit_error',
    anthropic: 'rate_limit_error',
    help: 'More requests, tokens or parallel calls than a rate limit of the caller allows; `retry-after` says when the next one fits.',
  },
  repeated_prompt: {
    status: 429,
    retry: 'never',
    openai: 'rate_limit_error',
    anthropic: 'rate_limit_error',
    help: 'One session has sent the very same prompt many times within seconds, which is nearly always a loop. Change the prompt, wait, or set `routing.runaway_repeats`.',
  },
  gateway_overloaded: {
    status: 503,
    retry: 'never',
    openai: 'server_error',
    anthropic: 'overloaded_error',
    help: 'The gateway itself has more calls than it can serve in time; `retry-after` says when to try again.',
  },
  ledger_unavailable: {
    status: 503,
    retry: 'never',
    openai: 'server_error',
    anthropic: 'overloaded_error',
    help: 'The reservation of a call under a hard budget could not be written down (disk full, database locked). Send the request again.',
  },
  idempotency_conflict: {
    status: 409,
    ...badRequest,
    help: 'The `Idempotency-Key` was used before with another body, or its stored result was too large to keep. Take a new key.',
  },
  unsupported_operation: { status: 501, ...badRequest, help: 'The route exists, but no part that could serve it is installed yet.' },
  internal_error: {
    status: 500,
    retry: 'never',
    openai: 'server_error',
    anthropic: 'api_error',
    help: 'A bug in the gateway. Please report it with the request id.',
  },
} as const satisfies Record<string, Failure>;

export type ErrorCode = keyof typeof failures;

export interface ErrorDetails {
  /** The request field at fault, as a path: `messages[0].content`. */
  readonly param?: string;
  /** Overrides the table's status, for example an upstream's own 4xx. */
  readonly status?: number;
  /** Delay the upstream asked for before another try. */
  readonly retryAfterMs?: number;
  /** The upstream's own error code and type, kept for callers who switch on them. */
  readonly upstreamCode?: string;
  readonly upstreamType?: string;
  readonly upstreamStatus?: number;
  /** More headers of the answer: name, value, name, value … */
  readonly headers?: readonly string[];
  /** More facts for the caller, safe to show: suggestions, limits. */
  readonly extra?: Readonly<Record<string, unknown>>;
  /** Never shown: raw bodies, stack traces of causes. */
  readonly cause?: unknown;
}

/** The message says what was wrong and what to do; it is shown to callers, so nothing secret may be in it. */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'GatewayError';
    this.code = code;
    this.details = details;
  }

  get status(): number {
    return this.details.status ?? failures[this.code].status;
  }

  get retry(): RetryClass {
    return failures[this.code].retry;
  }
}

/** Anything thrown → a GatewayError; a bug keeps its cause for the log and shows nothing of it. */
export function toGatewayError(thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  return new GatewayError('internal_error', 'the gateway hit a bug; the log has the details under this request id', { cause: thrown });
}
