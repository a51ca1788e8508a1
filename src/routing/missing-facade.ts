// Behind another base URL than a provider's own stands some server that speaks its main API; the newer ones it may not have.
import { GatewayError } from '../core/errors.ts';
import type { ErrorReply } from '../dialects/dialect.ts';

/** Long enough to cost nothing, short enough to notice that the server was upgraded. */
export const facadeRestMs = 600_000;

/** The server has no such path. A 404 that speaks of a model has one, and does not know the model. */
export function lacksPath({ status, text }: ErrorReply): boolean {
  if (status === 405 || status === 501) return true;
  return status === 404 && !/model|deployment/i.test(text.slice(0, 2_000));
}

/** The same call is tried again at once, at the API that the server does have. */
export function facadeMissing(path: string, reply: ErrorReply): GatewayError {
  return new GatewayError('upstream_error', `the server has no ${path.slice(0, 200)}`, {
    upstreamStatus: reply.status,
    retryAfterMs: 0,
    cause: reply.body ?? reply.text.slice(0, 500),
  });
}
