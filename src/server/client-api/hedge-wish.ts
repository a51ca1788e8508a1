// `x-mpc-hedge: on`, `off`, or the milliseconds after which a second attempt starts.
import { GatewayError } from '../../core/errors.ts';
import type { HedgeWish } from '../../gateway/call.ts';
import type { Call } from '../call.ts';

const header = 'x-mpc-hedge';
const longestMs = 600_000;

/** Undefined when the header is absent. Throws invalid_request for anything else. */
export function readHedgeWish({ request }: Call): HedgeWish | undefined {
  const said = request.headers[header];
  if (said === undefined) return undefined;
  if (said === 'on') return { use: true };
  if (said === 'off') return { use: false };
  const afterMs = typeof said === 'string' && /^\d{1,6}$/.test(said) ? Number(said) : Number.NaN;
  if (afterMs >= 1 && afterMs <= longestMs) return { use: true, afterMs };
  throw new GatewayError('invalid_request', `${header} must be on, off or milliseconds from 1 to ${longestMs}`, { param: header });
}
