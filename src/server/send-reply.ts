// A gateway reply → HTTP.
import type { Reply } from '../gateway/call.ts';
import type { Call } from './call.ts';

/**
 * Undefined: it is sent; otherwise the end of its stream. Not an `async` function, and no caller should be one that awaits it: its frame
 * would hold the reply, headers and all, as long as the stream lasts.
 */
export function sendReply(call: Call, reply: Reply): Promise<void> | undefined {
  switch (reply.kind) {
    case 'whole':
      call.bytes(reply.status, reply.body, reply.headers);
      return undefined;
    case 'failed':
      call.fail(reply.error, reply.headers);
      return undefined;
    case 'stream':
      return reply.pipe(call.startStream(reply.status, reply.headers));
  }
}
