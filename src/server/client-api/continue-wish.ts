// `x-mpc-continue: true` or `false`: may another model go on where one breaks off in the middle of a stream?
import { GatewayError } from '../../core/errors.ts';
import type { Call } from '../call.ts';

const header = 'x-mpc-continue';

/** Undefined when the header is absent. Throws invalid_request for anything else. */
export function readContinueWish({ request }: Call): boolean | undefined {
  const said = request.headers[header];
  if (said === undefined) return undefined;
  if (said === 'true' || said === 'on') return true;
  if (said === 'false' || said === 'off') return false;
  throw new GatewayError('invalid_request', `${header} must be true or false`, { param: header });
}
