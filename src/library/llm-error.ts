// The one error a program gets from the library: what failed, at whom, and whether and when to try again.
import type { AttemptRecord } from '../canonical/attempt-record.ts';
import { type ErrorCode, GatewayError, toGatewayError } from '../core/errors.ts';
import type { GenerateResult } from './result.ts';

/** The gateway's own codes (docs/errors.md), the caller's abort, and output that is not what its schema says. */
export type LLMErrorCode = ErrorCode | 'aborted' | 'invalid_output';

export interface LLMErrorFacts {
  readonly status: number;
  readonly provider?: string;
  readonly model?: string;
  readonly param?: string;
  readonly retryAfterMs?: number;
  readonly requestId?: string;
  readonly upstreamStatus?: number;
  readonly upstreamCode?: string;
  /** Every upstream call that was made. */
  readonly attempts?: readonly AttemptRecord[];
  /** `invalid_output`: the answer as it came. It was made and is paid for. */
  readonly result?: GenerateResult;
  readonly cause?: unknown;
}

/** A program may load the ESM and the CommonJS build side by side; an error of either is an LLMError for both. */
const brand: unique symbol = Symbol.for('mpc-api.LLMError') as never;

export class LLMError extends Error {
  readonly code: LLMErrorCode;
  /** As an HTTP status: 400 for a wrong request, 429 for a rate limit, 502 for a failed provider … */
  readonly status: number;
  readonly provider: string | undefined;
  readonly model: string | undefined;
  /** The option at fault. */
  readonly param: string | undefined;
  /** The provider asked for this pause before another try. */
  readonly retryAfterMs: number | undefined;
  readonly requestId: string | undefined;
  readonly upstreamStatus: number | undefined;
  readonly upstreamCode: string | undefined;
  readonly attempts: readonly AttemptRecord[];
  readonly result: GenerateResult | undefined;
  readonly [brand] = true;

  constructor(code: LLMErrorCode, message: string, facts: LLMErrorFacts) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    // The name that every AbortController-aware caller looks for.
    this.name = code === 'aborted' ? 'AbortError' : 'LLMError';
    this.code = code;
    this.status = facts.status;
    this.provider = facts.provider;
    this.model = facts.model;
    this.param = facts.param;
    this.retryAfterMs = facts.retryAfterMs;
    this.requestId = facts.requestId;
    this.upstreamStatus = facts.upstreamStatus;
    this.upstreamCode = facts.upstreamCode;
    this.attempts = facts.attempts ?? [];
    this.result = facts.result;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && brand in value;
  }
}

/** Anything thrown inside → LLMError. */
export function toLLMError(thrown: unknown, facts: Partial<LLMErrorFacts> = {}): LLMError {
  if (thrown instanceof LLMError) return thrown;
  const error = toGatewayError(thrown);
  const { param, retryAfterMs, upstreamStatus, upstreamCode, cause } = error.details;
  return new LLMError(error.code, messageOf(error), {
    status: error.status,
    ...(param !== undefined && { param }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(upstreamStatus !== undefined && { upstreamStatus }),
    ...(upstreamCode !== undefined && { upstreamCode }),
    ...(cause !== undefined && { cause }),
    ...facts,
  });
}

export function invalidOption(param: string, message: string): LLMError {
  return toLLMError(new GatewayError('invalid_request', `${param}: ${message}`, { param }));
}

/** The gateway's messages, where they point to something that only a server has, in a program's words. */
function messageOf(error: GatewayError): string {
  if (error.code === 'internal_error') return describeBug(error);
  return error.message.replace('GET /v1/models lists', 'router.models() lists');
}

/** In a program there is no log to look into: the cause itself is the explanation. */
function describeBug({ details }: GatewayError): string {
  const why = details.cause instanceof Error ? details.cause.message : 'unknown cause';
  return `a bug in the library, please report it: ${why}`;
}
