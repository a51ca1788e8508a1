// What a provider means by a status or a code that others use differently, or not at all: declared in its definition.
import { type ErrorCode, type ErrorDetails, GatewayError } from '../core/errors.ts';
import type { ErrorRules } from '../providers/provider.ts';

/** The failure under the code that the provider's rules give it; the same failure where they say nothing. */
export function applyErrorRules(error: GatewayError, rules: ErrorRules | undefined): GatewayError {
  const code = rules === undefined ? undefined : ruledCode(error.details, rules);
  if (code === undefined || code === error.code) return error;
  // A status of the provider's own belongs to a request that it refused, not to what the rules make of it.
  const { status, ...details } = error.details;
  const message = error.code === 'upstream_auth_failed' || code === 'upstream_auth_failed' ? messages[code] : error.message;
  return new GatewayError(
    code,
    message ?? error.message,
    code === 'upstream_rejected' && status !== undefined ? { ...details, status } : details,
  );
}

/** A text about credentials fits no other failure, and the provider's own text may quote a key. */
const messages: Partial<Readonly<Record<ErrorCode, string>>> = {
  upstream_quota_exhausted: "the gateway's account at the provider has no credit left",
  upstream_overloaded: 'the provider is overloaded',
  upstream_rejected: 'the provider refused the request',
  upstream_auth_failed: "the provider refused the gateway's own credentials; check the key of this connection with mpc doctor",
};

function ruledCode({ upstreamCode, upstreamType, upstreamStatus }: ErrorDetails, rules: ErrorRules): ErrorCode | undefined {
  const means = (word: string | undefined): boolean => word !== undefined && rules.quotaCodes?.includes(word) === true;
  if (means(upstreamCode) || means(upstreamType)) return 'upstream_quota_exhausted';
  return upstreamStatus === undefined ? undefined : rules.statuses?.[upstreamStatus];
}
