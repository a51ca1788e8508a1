// After which failures another model may take over. Without a policy the error table decides (`retry` of each code); a policy is
// the operator's own list of classes, and stands above it in both directions.
import { type ErrorCode, failures } from '../core/errors.ts';

/** In the order of the documentation. */
export const failureClasses = [
  'rate_limited',
  'overloaded',
  'error',
  'timeout',
  'auth',
  'quota',
  'content_filtered',
  'context_length',
] as const;

export type FailureClass = (typeof failureClasses)[number];

const classOf: Readonly<Partial<Record<ErrorCode, FailureClass>>> = {
  upstream_rate_limited: 'rate_limited',
  upstream_overloaded: 'overloaded',
  upstream_error: 'error',
  upstream_unreachable: 'error',
  upstream_bad_reply: 'error',
  upstream_truncated: 'error',
  upstream_not_found: 'error',
  upstream_timeout: 'timeout',
  upstream_auth_failed: 'auth',
  upstream_quota_exhausted: 'quota',
  content_filtered: 'content_filtered',
  context_length_exceeded: 'context_length',
};

export interface FallbackPolicy {
  /** May another candidate be asked after this failure? */
  takesOver(code: ErrorCode): boolean;
}

export function createFallbackPolicy(classes: readonly FailureClass[]): FallbackPolicy {
  const listed = new Set(classes);
  return {
    takesOver(code) {
      const known = classOf[code];
      // Failures of our own and of the caller are no class: no list makes another model answer an invalid request.
      return known === undefined ? failures[code].retry !== 'never' : listed.has(known);
    },
  };
}
