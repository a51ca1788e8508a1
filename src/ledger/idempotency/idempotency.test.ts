import { describe, expect, it } from 'vitest';
import { startMoney } from '../../../test/support/sample-money.ts';
import { type Begun, createIdempotency, hashRequest, type Idempotency, type IdempotencyOptions } from './idempotency.ts';

const request = { principalId: 'key:a', key: 'order-1', bodyHash: hashRequest('POST', '/v1/messages', Buffer.from('{}')) };
const dayMs = 86_400_000;

async function start(options: Partial<IdempotencyOptions> = {}) {
  const { database, clock } = await startMoney();
  const idempotency = createIdempotency({ store: database.results, clock, onTrouble: (cause) => expect.fail(String(cause)), ...options });
  return { idempotency, clock };
}

function first(begun: Begun) {
  if (begun.kind !== 'first') throw new Error(`not the first but ${begun.kind}`);
  return begun.record;
}

function serve(idempotency: Idempotency, { status = 200, body = 'hello', isStream = false, ...more } = {}): void {
  const record = first(idempotency.begin({ ...request, ...more }));
  record.head(status, ['content-type', 'text/plain', 'X-Request-Id', 'req_1'], isStream);
  record.write(body.slice(0, 2));
  record.write(Buffer.from(body.slice(2)));
  record.end();
}

describe('a request with an Idempotency-Key', () => {
  it('is answered again as it was the first time, streams as they were recorded', async () => {
    const { idempotency } = await start();
    serve(idempotency, { body: 'data: é\n\n', isStream: true });

    const again = idempotency.begin(request);

    expect(again).toEqual({
      kind: 'replay',
      result: { status: 200, headers: ['content-type', 'text/plain'], body: Buffer.from('data: é\n\n'), isStream: true },
    });
  });

  it('is kept for a day', async () => {
    const { idempotency, clock } = await start();
    serve(idempotency);

    clock.advance(dayMs - 1);
    expect(idempotency.begin(request).kind).toBe('replay');
    clock.advance(1);
    expect(idempotency.begin(request).kind).toBe('first');
  });

  it('conflicts with another body or path under the same key, served or being served', async () => {
    const { idempotency } = await start();
    const other = { ...request, bodyHash: hashRequest('POST', '/v1/chat/completions', Buffer.from('{}')) };
    const record = first(idempotency.begin(request));
    expect(idempotency.begin(other)).toMatchObject({ kind: 'conflict', error: { code: 'idempotency_conflict', status: 409 } });
    record.head(200, [], false);
    record.end();

    expect(idempotency.begin(other).kind).toBe('conflict');
    expect(idempotency.begin(request).kind).toBe('replay');
  });

  it('belongs to its principal', async () => {
    const { idempotency } = await start();
    serve(idempotency);

    expect(idempotency.begin({ ...request, principalId: 'key:b' }).kind).toBe('first');
  });

  it('waits for the one under way, which answers all of them', async () => {
    const { idempotency } = await start();
    const record = first(idempotency.begin(request));
    const waiting = [idempotency.begin(request), idempotency.begin(request)];
    expect(waiting.map((begun) => begun.kind)).toEqual(['wait', 'wait']);

    record.head(200, [], false);
    record.write('x');
    record.end();

    for (const begun of waiting) expect(begun.kind === 'wait' && (await begun.next)).toMatchObject({ kind: 'replay' });
  });

  it('is served anew by exactly one of those that wait when the first is abandoned', async () => {
    const { idempotency } = await start();
    const record = first(idempotency.begin(request));
    const waiting = [idempotency.begin(request), idempotency.begin(request), idempotency.begin(request)];

    record.abandon();
    record.end();

    const next = await Promise.all(waiting.map((begun) => (begun.kind === 'wait' ? begun.next : begun)));
    expect(next.map((begun) => begun.kind).sort()).toEqual(['first', 'wait', 'wait']);
  });

  it.each([400, 402, 429, 500, 503])('is served anew after an answer of %i, which cost nothing', async (status) => {
    const { idempotency } = await start();
    serve(idempotency, { status });

    expect(idempotency.begin(request).kind).toBe('first');
  });

  it('whose answer is too large to keep is not made a second time unnoticed', async () => {
    const { idempotency } = await start({ maxResultBytes: 4 });
    serve(idempotency, { body: 'hello' });

    expect(idempotency.begin(request)).toMatchObject({ kind: 'conflict' });
  });

  it('makes room by forgetting the oldest', async () => {
    const { idempotency, clock } = await start({ maxTotalBytes: 250 });
    for (let i = 0; i < 5; i += 1) {
      serve(idempotency, { key: `k${i}`, body: 'x'.repeat(60) } as never);
      clock.advance(1);
    }
    clock.advance(60_000);

    const kinds = [0, 1, 2, 3, 4].map((i) => idempotency.begin({ ...request, key: `k${i}` }).kind);
    expect(kinds).toEqual(['first', 'first', 'first', 'replay', 'replay']);
  });

  it.each(['', 'x'.repeat(256), 'a\nb', 'schlüssel'])('is refused when the key is %j', async (key) => {
    const { idempotency } = await start();

    expect(() => idempotency.begin({ ...request, key })).toThrow('1 to 255 printable');
  });
});
