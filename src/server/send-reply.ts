// A gateway reply → HTTP.
import type { Reply } from '../gateway/call.ts';
import type { Call } from './call.ts';

export async function sendReply(call: Call, reply: Reply): Promise<void> {
  switch (reply.kind) {
    case 'whole':
      call.bytes(reply.status, reply.body, reply.headers);
      return;
    case 'failed':
      call.fail(reply.error, reply.headers);
      return;
    case 'stream':
      await reply.pipe(call.startStream(reply.status, reply.headers));
  }
}
