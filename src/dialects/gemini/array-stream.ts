// The vendor's other stream form, without `alt=sse`: one JSON list whose members arrive one by one.
import type { GatewayError } from '../../core/errors.ts';
import type { ClientDialect } from '../dialect.ts';
import { encodeError } from './errors.ts';
import { createFrameEncoder } from './event-encoder.ts';

/**
 * Made for one call, because the frame of a failure has to know whether the list has been opened. White space between the members is
 * legal, so it keeps a silent connection alive.
 */
export function createArrayStream(dialect: ClientDialect): ClientDialect {
  let opened = false;
  const frame = (json: string): string => {
    const before = opened ? ',\n' : '[';
    opened = true;
    return before + json;
  };
  return {
    ...dialect,
    streamContentType: 'application/json; charset=utf-8',
    keepAliveFrame: '\n',
    createEventEncoder(options) {
      // A try that failed before its first content was never sent.
      opened = false;
      return createFrameEncoder(options, { frame, last: '\n]\n' });
    },
    encodeErrorFrame: (error: GatewayError, requestId: string) => `${frame(JSON.stringify(encodeError(error, requestId)))}\n]\n`,
  };
}
