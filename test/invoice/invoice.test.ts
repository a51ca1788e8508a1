// Two providers that keep their own books, and thousands of calls with faults: at the end our ledger says what their invoices say.
// `npm run faults -- --invoice 100000` plays the long run.
import { Agent } from 'node:http';
import { expect, it } from 'vitest';
import { compileCatalog } from '../../src/catalog/compile-catalog.ts';
import { openDatabase } from '../../src/storage/sqlite/open-database.ts';
import { Draw } from '../support/draw.ts';
import { callFaulty } from '../support/fault-client.ts';
import { startGateway } from '../support/start-gateway.ts';
import { type BillingProvider, lastWord, type Side, startBillingProvider } from './billing-provider.ts';

const calls = Number(process.env['INVOICE_CALLS'] ?? '2000');
const seed = Number(process.env['FAULT_SEED'] ?? '1');
const atOnce = 24;
const models: Readonly<Record<Side, string>> = { openai: 'gpt-4o-mini', anthropic: 'claude-haiku-4-5' };

it(`${calls} calls with faults: the ledger equals the providers' invoices to the nano-dollar`, {
  timeout: 60_000 + calls * 20,
}, async () => {
  const [openai, anthropic] = await Promise.all([startBillingProvider('openai', seed), startBillingProvider('anthropic', seed + 1)]);
  const gateway = await startGateway({
    env: {
      OPENAI_BASE_URL: openai.upstream.baseUrl,
      OPENAI_API_KEY: 'sk-invoice-0123456789',
      ANTHROPIC_BASE_URL: anthropic.upstream.url,
      ANTHROPIC_API_KEY: 'sk-ant-invoice-0123456789',
      MPC_RETRY_BASE_DELAY_MS: '1',
      MPC_RETRY_MAX_DELAY_MS: '4',
      MPC_ROUTING_CIRCUIT_BREAKER: 'off',
      MPC_SERVER_MAX_LAG_MS: '0',
    },
    parts: { catalog: compileCatalog(new URL('../../data', import.meta.url).pathname) },
  });
  const draw = new Draw(seed + 2);
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  let started = 0;
  const ends = new Map<string, number>();

  const one = async (mark: string): Promise<void> => {
    const side = draw.pick<Side>(['openai', 'anthropic']);
    const dialect = draw.pick<Side>(['openai', 'anthropic']);
    const stream = draw.chance(0.6);
    const leaves = draw.chance(0.12);
    const fallback = !leaves && draw.chance(0.5);
    const goesOn = draw.chance(0.5);
    const saw = await callFaulty({
      url: gateway.url,
      agent,
      path: dialect === 'openai' ? '/v1/chat/completions' : '/v1/messages',
      headers: {
        'x-session-id': mark,
        ...(fallback && { 'x-mpc-fallbacks': models[side === 'openai' ? 'anthropic' : 'openai'] }),
        ...(goesOn && { 'x-mpc-continue': 'true' }),
      },
      body: JSON.stringify({
        model: models[side],
        max_tokens: 500,
        messages: [{ role: 'user', content: `${mark}: ${leaves ? 'I will leave' : 'I will stay'}` }],
        ...(stream && { stream: true }),
      }),
      ...(leaves && {
        leave: stream ? { afterText: side === 'anthropic' ? lastWord.slice(1) : lastWord } : { beforeHead: draw.int(0, 60) },
      }),
    });
    ends.set(saw.end, (ends.get(saw.end) ?? 0) + 1);
  };
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (started < calls) {
        started += 1;
        await one(`call-${started}`);
      }
    }),
  );
  agent.destroy();
  await gateway.close();
  await Promise.all([openai.upstream.close(), anthropic.upstream.close()]);

  const database = await openDatabase(gateway.dataDir);
  const books: Readonly<Record<string, Map<string, bigint>>> = { openai: new Map(), anthropic: new Map() };
  const book = (provider: string, mark: string, nanoUsd: number): void => {
    books[provider]?.set(mark, (books[provider].get(mark) ?? 0n) + BigInt(nanoUsd));
  };
  let entries = 0;
  let attempts = 0;
  let continued = 0;
  for (const entry of database.reader.readEntries({})) {
    const mark = entry.sessionId ?? '';
    entries += 1;
    attempts += entry.attempts.length;
    const isContinued = entry.attempts.some((attempt) => attempt.continues === true);
    if (isContinued) continued += 1;
    // What its caller pays is one answer; what it took stands with the attempts.
    else book(entry.provider ?? '', mark, entry.costNanoUsd ?? 0);
    for (const attempt of entry.attempts) book(attempt.provider, mark, attempt.costNanoUsd ?? 0);
  }
  database.close();
  const requests = openai.upstream.requests.length + anthropic.upstream.requests.length;

  expect([...ends.keys()].filter((end) => end !== 'complete' && end !== 'left')).toEqual([]);
  expect([...differences(openai, books['openai']), ...differences(anthropic, books['anthropic'])].slice(0, 20)).toEqual([]);
  expect([sumOf(books['openai']), sumOf(books['anthropic'])]).toEqual([totalOf(openai), totalOf(anthropic)]);
  expect(attempts).toBe(requests);
  expect(continued).toBeGreaterThan(calls * 0.01);
  // A client that left before its request was read leaves nothing behind.
  expect(entries).toBeGreaterThan(calls * 0.95);
  expect(entries).toBeLessThanOrEqual(calls);
  for (const provider of [openai, anthropic])
    expect([...provider.deeds.keys()].length).toBeGreaterThanOrEqual(6 - (provider === openai ? 1 : 0) - 1);
  if (calls > 2_000)
    process.stderr.write(
      `${calls} calls, ${entries} entries, ${requests} upstream requests, ${totalOf(openai) + totalOf(anthropic)} nano-USD on both sides\n`,
    );
});

const totalOf = ({ invoice }: BillingProvider): bigint => [...invoice.values()].reduce((sum, { nanoUsd }) => sum + nanoUsd, 0n);
const sumOf = (book: ReadonlyMap<string, bigint> | undefined): bigint =>
  [...(book?.values() ?? [])].reduce((sum, nanoUsd) => sum + nanoUsd, 0n);

function differences({ invoice }: BillingProvider, book: ReadonlyMap<string, bigint> | undefined): string[] {
  return [...invoice]
    .filter(([mark, { nanoUsd }]) => nanoUsd !== (book?.get(mark) ?? 0n))
    .map(([mark, { nanoUsd, deeds }]) => `${mark}: billed ${nanoUsd}, booked ${book?.get(mark)}: ${deeds.join(', ')}`);
}
