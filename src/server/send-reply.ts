// A gateway reply → HTTP.
import type { Reply } from '../gateway/call.ts';
import type { Call } from './call.ts';

/** Undefined: it is sent. Only a stream has to be waited for. */
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
