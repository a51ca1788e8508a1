// `Idempotency-Key`: the same request sent twice is served once. The first answer is recorded as it goes out; whoever comes with the
// same key gets it again, whoever comes while it is being made waits for it.
import { GatewayError } from '../core/errors.ts';
import { hashRequest, type Idempotency } from '../ledger/idempotency/idempotency.ts';
import type { StoredResult } from '../ledger/idempotency/result-store.ts';
import type { Call } from './call.ts';
import { keepBody } from './read-body.ts';

export interface IdempotentOptions {
  readonly idempotency: Idempotency;
  readonly bodyBytes: number;
}

/** Serves the call by `serve`, or by what was answered before. */
export async function serveOnce(call: Call, serve: () => Promise<void> | void, options: IdempotentOptions): Promise<void> {
  const key = call.header('idempotency-key')?.trim() ?? '';
  const bodyHash = await hashOf(call, options.bodyBytes);
  let begun = options.idempotency.begin({ principalId: call.principal.id, key, bodyHash });
  while (begun.kind === 'wait') {
    begun = await begun.next;
    if (call.interruption.error !== undefined) {
      if (begun.kind === 'first') begun.record.abandon();
      return;
    }
  }
  if (begun.kind === 'conflict') throw begun.error;
  if (begun.kind === 'replay') {
    replay(call, begun.result);
    return;
  }
  const { record } = begun;
  call.recorder = record;
  call.interruption.onInterrupt({ abort: () => record.abandon() });
  try {
    await serve();
  } finally {
    // An answer that was complete has ended the record already; anything else must not be given again.
    record.abandon();
  }
}

function replay(call: Call, result: StoredResult): void {
  const { status, headers, body } = result;
  call.bytes(status, body, [...headers, 'idempotent-replayed', 'true']);
}

/** A form's boundary is drawn anew for each try, so its bytes say nothing: path and length must do, and files are not held for it. */
async function hashOf(call: Call, bodyBytes: number): Promise<string> {
  const { request, path } = call;
  const method = request.method ?? 'POST';
  const type = request.headers['content-type'] ?? '';
  if (type.startsWith('multipart/')) {
    const length = request.headers['content-length'];
    if (length === undefined) {
      throw new GatewayError('invalid_request', 'a form with an Idempotency-Key needs a Content-Length', { param: 'Idempotency-Key' });
    }
    return hashRequest(method, path, Buffer.from(`form of ${length} bytes`));
  }
  return hashRequest(method, path, await keepBody(request, bodyBytes));
}
