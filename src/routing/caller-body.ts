// The members of a caller's body.
import { asObject, type JsonObject, parseJson } from '../core/json.ts';
import type { Outline } from '../core/json-outline.ts';

export interface CallerBody {
  readonly outline: Outline;
  /** Members that are the gateway's own. */
  readonly gatewayMembers: ReadonlySet<string>;
}

/** Without the gateway's own members: they are no dialect's, and left in, each would come back as a warning that it was dropped. */
export function readCallerBody({ outline, gatewayMembers }: CallerBody): JsonObject {
  const body = asObject(parseJson(outline.bytes.toString('utf8', outline.start, outline.end))) ?? {};
  return Object.fromEntries(Object.entries(body).filter(([name]) => !gatewayMembers.has(name)));
}
