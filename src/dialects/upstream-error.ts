// A provider's failure → the gateway's. Both dialects share it: providers mix error shapes freely, whatever grammar they speak.
import { type ErrorCode, type ErrorDetails, GatewayError } from '../core/errors.ts';
import type { JsonValue } from '../core/json.ts';
import type { ErrorReply } from './dialect.ts';
import { readRetryAfterMs } from './retry-after.ts';
import { readFault, type UpstreamFault } from './upstream-fault.ts';

/** A non-2xx answer → the failure, with the delay the provider asked for in `details.retryAfterMs`. */
export function decodeUpstreamError(reply: ErrorReply): GatewayError {
  const fault = readFault(reply.body) ?? { ...describeText(reply) };
  const retryAfterMs = reply.status >= 200 && reply.status < 300 ? undefined : readRetryAfterMs(reply);
  return faultToError(fault, {
    status: reply.status,
    cause: reply.body ?? reply.text.slice(0, 500),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

/** An error object found inside a stream or in the body of a 200. */
export function decodeUpstreamFault(body: JsonValue): GatewayError {
  return faultToError(readFault(body) ?? {}, { cause: body });
}

interface FaultContext {
  /** The HTTP status; absent (or 2xx) when the error came inside an answer that had begun well. */
  readonly status?: number;
  readonly retryAfterMs?: number;
  /** The raw body, for the log only. */
  readonly cause?: unknown;
}

function faultToError(fault: UpstreamFault, context: FaultContext): GatewayError {
  const status = context.status !== undefined && !(context.status >= 200 && context.status < 300) ? context.status : fault.status;
  const code = classify(fault, status);
  const details: ErrorDetails = {
    ...(code === 'upstream_rejected' && status !== undefined && status >= 400 && status < 500 && { status }),
    ...(status !== undefined && { upstreamStatus: status }),
    ...(fault.code !== undefined && { upstreamCode: fault.code }),
    ...(fault.type !== undefined && { upstreamType: fault.type }),
    ...(fault.param !== undefined && { param: fault.param }),
    ...(context.retryAfterMs !== undefined && { retryAfterMs: context.retryAfterMs }),
    ...(fault.failedGeneration !== undefined && { extra: { failed_generation: fault.failedGeneration } }),
    ...(context.cause !== undefined && { cause: context.cause }),
  };
  return new GatewayError(code, describe(code, fault, status), details);
}

function describe(code: ErrorCode, fault: UpstreamFault, status: number | undefined): string {
  const answered = status === undefined ? 'an error' : `HTTP ${status}`;
  if (code === 'upstream_auth_failed') {
    // The provider's own text may quote the key it refused.
    return `the provider refused the gateway's own credentials (${answered}); check the key of this connection with mpc doctor`;
  }
  const said = fault.message?.trim();
  return said === undefined || said === '' ? `the provider answered ${answered} without an explanation` : hideSecrets(said);
}

/** Providers quote organisation ids and keys in rate-limit and billing texts; callers of a shared gateway must not see them. */
function hideSecrets(text: string): string {
  return text
    .replace(/\b(sk|gsk|xai|nvapi|hf|pplx|csk|fw|r8)([-_])[A-Za-z0-9_\-*]{6,}/g, '$1$2...')
    .replace(/\b(org|proj)([-_])[A-Za-z0-9]{8,}/g, '$1$2...');
}

/** Not JSON: an edge proxy's page or plain text. Of a page only the title is worth showing. */
function describeText(reply: ErrorReply): UpstreamFault {
  const text = reply.text.trim();
  if (text === '') return {};
  if (!text.startsWith('<')) return { message: text.slice(0, 500) };
  const title = /<title[^>]*>([^<]{1,200})<\/title>/i.exec(text)?.[1]?.trim();
  return { message: `the provider answered HTTP ${reply.status} with a page instead of JSON${title === undefined ? '' : `: ${title}`}` };
}

/** Words that decide whatever the status says. */
const decisiveWords: Readonly<Record<string, ErrorCode>> = {
  insufficient_quota: 'upstream_quota_exhausted',
  billing_error: 'upstream_quota_exhausted',
  billing_hard_limit_reached: 'upstream_quota_exhausted',
  billing_not_active: 'upstream_quota_exhausted',
  insufficient_balance: 'upstream_quota_exhausted',
  insufficient_credits: 'upstream_quota_exhausted',
  not_enough_balance: 'upstream_quota_exhausted',
  budget_exceeded: 'upstream_quota_exhausted',
  exceededbudget: 'upstream_quota_exhausted',
  context_length_exceeded: 'context_length_exceeded',
  context_window_exceeded: 'context_length_exceeded',
  content_filter: 'content_filtered',
  content_policy_violation: 'content_filtered',
  responsibleaipolicyviolation: 'content_filtered',
  moderation_blocked: 'content_filtered',
  invalid_api_key: 'upstream_auth_failed',
  api_key_invalid: 'upstream_auth_failed',
  authentication_error: 'upstream_auth_failed',
  unauthenticated: 'upstream_auth_failed',
  model_not_found: 'upstream_not_found',
  // A LiteLLM proxy without a database, to every key but its master key; with status 400.
  no_db_connection: 'upstream_auth_failed',
};

/** Words that decide when there is no status: errors inside a stream. */
const plainWords: Readonly<Record<string, ErrorCode>> = {
  permission_error: 'upstream_auth_failed',
  permission_denied: 'upstream_auth_failed',
  not_found_error: 'upstream_not_found',
  not_found: 'upstream_not_found',
  rate_limit_error: 'upstream_rate_limited',
  rate_limit_exceeded: 'upstream_rate_limited',
  rate_limit: 'upstream_rate_limited',
  resource_exhausted: 'upstream_rate_limited',
  too_many_requests: 'upstream_rate_limited',
  too_many_requests_error: 'upstream_rate_limited',
  queue_exceeded: 'upstream_overloaded',
  overloaded_error: 'upstream_overloaded',
  overloaded: 'upstream_overloaded',
  server_overloaded: 'upstream_overloaded',
  engine_overloaded: 'upstream_overloaded',
  service_unavailable: 'upstream_overloaded',
  unavailable: 'upstream_overloaded',
  timeout_error: 'upstream_timeout',
  timeout: 'upstream_timeout',
  deadline_exceeded: 'upstream_timeout',
  invalid_request_error: 'upstream_rejected',
  invalid_argument: 'upstream_rejected',
  failed_precondition: 'upstream_rejected',
  request_too_large: 'upstream_rejected',
  tool_use_failed: 'upstream_rejected',
  json_validate_failed: 'upstream_rejected',
};

const saysContextTooLong =
  /context[ _](length|window)|maximum context|prompt is too long|input is too long|too many (input )?tokens|exceeds? the (maximum|max)( allowed)?( number of)?( input)? tokens/i;
const saysKeyIsBad = /(incorrect|invalid) (x-)?api[ _-]?key|api[ _-]?key (is |was )?(not valid|invalid|incorrect)/i;
/** LiteLLM's answer to a name that is not in its list. */
const saysModelIsUnknown = /invalid model name passed/i;
const saysNoCredit =
  /(insufficient|not enough|out of) (account )?(balance|credits?|quota|funds)|exceeded your (current quota|monthly included credits)|credit balance is too low/i;

function classify(fault: UpstreamFault, status: number | undefined): ErrorCode {
  const words = [fault.code, fault.type, ...(fault.words ?? [])].map((word) => word?.toLowerCase() ?? '');
  const decisive = find(words, decisiveWords);
  if (decisive !== undefined) return decisive;
  if (fault.flagged === true) return 'content_filtered';
  const byText = classifyText(fault, status);
  if (byText !== undefined) return byText;
  return (status === undefined ? undefined : classifyStatus(status, words)) ?? find(words, plainWords) ?? 'upstream_error';
}

function find(words: readonly string[], table: Readonly<Record<string, ErrorCode>>): ErrorCode | undefined {
  for (const word of words) {
    if (Object.hasOwn(table, word)) return table[word];
  }
  return undefined;
}

/** Where no code tells, the text does; only for statuses under which the meaning is ambiguous. */
function classifyText(fault: UpstreamFault, status: number | undefined): ErrorCode | undefined {
  const text = fault.message;
  if (text === undefined || (status !== undefined && status >= 500)) return undefined;
  if (fault.hasRetryInfo !== true && status !== 404 && saysNoCredit.test(text)) return 'upstream_quota_exhausted';
  if (status === 429 || status === 404) return undefined;
  if (saysContextTooLong.test(text)) return 'context_length_exceeded';
  // xAI and Google answer 400 to a bad key.
  if (saysKeyIsBad.test(text)) return 'upstream_auth_failed';
  if (status === 400 && saysModelIsUnknown.test(text)) return 'upstream_not_found';
  return undefined;
}

function classifyStatus(status: number, words: readonly string[]): ErrorCode | undefined {
  if (status < 400) return 'upstream_bad_reply';
  if (status >= 500) return classifyServerStatus(status);
  switch (status) {
    case 401:
    case 403:
      return 'upstream_auth_failed';
    case 402:
      return 'upstream_quota_exhausted';
    case 404:
    case 410:
      return 'upstream_not_found';
    case 408:
      return 'upstream_timeout';
    // 409: conflict with another call (the vendors' SDKs retry it), 424: a model behind the provider failed, 425: too early.
    case 409:
    case 424:
    case 425:
      return 'upstream_error';
    // Groq answers 413 with a rate-limit code when one prompt is larger than the tokens of a minute.
    case 413:
      return words.includes('rate_limit_exceeded') ? 'upstream_rate_limited' : 'upstream_rejected';
    case 429:
      return 'upstream_rate_limited';
    // Portkey's guardrail verdict.
    case 446:
      return 'content_filtered';
    default:
      return 'upstream_rejected';
  }
}

function classifyServerStatus(status: number): ErrorCode {
  if (status === 503 || status === 529) return 'upstream_overloaded';
  // 524: the edge proxy gave up waiting.
  if (status === 504 || status === 524) return 'upstream_timeout';
  return 'upstream_error';
}
