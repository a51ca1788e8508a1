// Thousands of histories in virtual time: calls that come together, upstreams with every fate, clients that leave, retries,
// fallbacks, breakers, budgets. Whatever happens: every call settles once, nothing stays in flight or reserved, what is spent is
// the sum of the entries, and no budget is passed.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sampleCatalog } from '../../src/catalog/sample-catalog.ts';
import { GatewayError } from '../../src/core/errors.ts';
import { scanObject } from '../../src/core/json-outline.ts';
import { openaiChat } from '../../src/dialects/openai-chat/index.ts';
import type { ReplySink } from '../../src/gateway/call.ts';
import { serveChat } from '../../src/gateway/chat.ts';
import { connectedParts } from '../../src/gateway/connected-parts.ts';
import { createKeepAlive } from '../../src/gateway/keep-alive.ts';
import { TimeLimits } from '../../src/gateway/time-limit.ts';
import type { GatewayParts } from '../../src/gateway/parts.ts';
import type { Entry } from '../../src/ledger/entry.ts';
import { createEntryWriter } from '../../src/ledger/entry-writer.ts';
import { openai } from '../../src/providers/openai.ts';
import { Interruption } from '../../src/routing/interruption.ts';
import { createUpstreams } from '../../src/routing/upstreams.ts';
import { openaiFrames, openaiAnswer } from '../support/canned-replies.ts';
import { Draw } from '../support/draw.ts';
import { principalOf, sampleBudget, startMoney } from '../support/sample-money.ts';
import { type Fate, ScriptedDispatcher } from './scripted-dispatcher.ts';

// Failures are what the histories are made of; a stack for each of them is half of the time.
Error.stackTraceLimit = 0;

const histories = Number(process.env['SIMULATION_HISTORIES'] ?? '10000');
const keys = ['k1', 'k2'] as const;
const budgetId = 'each';
const amountNanoUsd = 400_000;
const maxTokens = 20;
const providers = ['acme', 'other'] as const;
const catalog = sampleCatalog({
  models: { one: {}, two: {} },
  offers: [
    { provider: 'acme', id: 'one', model: 'one', price: { input: 1, output: 2 }, read: '2026-08-21' },
    { provider: 'other', id: 'two', model: 'two', price: { input: 3, output: 5 }, read: '2026-08-21' },
  ],
});

const oneCall = fc.record({
  atMs: fc.nat(3_000),
  key: fc.nat(1),
  model: fc.nat(1),
  stream: fc.boolean(),
  fallback: fc.boolean(),
  leavesAfterMs: fc.option(fc.nat(2_000), { nil: undefined }),
});
const history = fc.record({
  seed: fc.nat(),
  trouble: fc.double({ min: 0, max: 0.9, noNaN: true }),
  calls: fc.array(oneCall, { minLength: 1, maxLength: 6 }),
});
type History = typeof history extends fc.Arbitrary<infer Value> ? Value : never;

const json = { 'content-type': 'application/json' };
const eventStream = { 'content-type': 'text/event-stream' };

function fateFor(trouble: number): (draw: Draw, stream: boolean) => Fate {
  return (draw, stream) => {
    const delayMs = draw.pick([0, 1, 30, 400]);
    const told = { inputTokens: draw.int(1, 20), outputTokens: draw.int(0, maxTokens), text: 'a few words' };
    const pieces = stream ? openaiFrames(told) : [String(openaiAnswer(told).body)];
    const good: Fate = { status: 200, headers: stream ? eventStream : json, pieces, delayMs, then: 'end' };
    if (!draw.chance(trouble)) return good;
    switch (draw.int(0, 5)) {
      case 0:
        return { ...good, status: draw.pick([400, 401, 404, 500, 503, 529]), headers: json, pieces: ['{"error":{"message":"no"}}'] };
      case 1:
        return {
          ...good,
          status: 429,
          headers: { ...json, 'retry-after': String(draw.int(0, 5)) },
          pieces: ['{"error":{"message":"slow"}}'],
        };
      case 2:
        return { ...good, pieces: pieces.slice(0, draw.int(0, pieces.length - 1)), then: draw.pick(['break', 'end'] as const) };
      case 3:
        return { ...good, pieces: pieces.slice(0, draw.int(0, pieces.length)), then: 'silence' };
      case 4:
        return { ...good, delayMs: 1_000_000 };
      default:
        return { ...good, pieces: ['<html>', '</html>'], headers: { 'content-type': draw.pick(['text/html', 'text/event-stream']) } };
    }
  };
}

it(`${histories} histories conserve calls, slots and money`, { timeout: 120_000 + histories * 30 }, async () => {
  const stage = await startMoney({
    budgets: [sampleBudget({ holder: 'key:*', amount_usd: amountNanoUsd / 1e9, window: 'total' }, budgetId)],
  });
  const { clock } = stage;
  let run = 0;
  const saved: Entry[] = [];
  const writer = createEntryWriter({
    store: { save: (batch) => void saved.push(...batch.entries.toEntries()), setAside: () => undefined, recover: () => 0 },
    clock,
  });
  const met = { served: 0, failed: 0, left: 0, refused: 0, retried: 0 };

  async function play({ seed, trouble, calls }: History): Promise<void> {
    run += 1;
    const draw = new Draw(seed);
    const dispatchers = new Map(providers.map((id) => [id as string, new ScriptedDispatcher(clock, draw, fateFor(trouble))]));
    saved.length = 0;
    const connections = createUpstreams({
      connections: providers.map((id) => ({
        id,
        provider: id,
        baseUrl: `http://${id}.invalid/v1`,
        apiKey: 'sk-simulated',
        headers: {},
        models: [],
        timeouts: {},
      })),
      definitionOf: (id) => ({ ...openai, id, builtIn: true }),
      timeouts: { connectMs: 100, firstByteMs: 1_000, wholeFirstByteMs: 2_000, idleMs: 700 },
      clock,
      builtIn: (id) => dispatchers.get(id) ?? new ScriptedDispatcher(clock, draw, fateFor(0)),
    });
    const parts: GatewayParts = {
      ...connectedParts({ catalog, connections, clock, random: draw.next }),
      observers: [{ exchangeEnded: ({ entry }) => writer.write(entry) }],
      keepAlive: createKeepAlive(clock, 15_000),
      timeLimits: new TimeLimits(clock),
      keepAliveMs: 15_000,
      retry: { attempts: 2, baseDelayMs: 50, maxDelayMs: 500, maxRetryAfterMs: 3_000 },
      timeouts: { totalMs: 8_000, streamTotalMs: 8_000 },
      limits: { frameBytes: 1_000_000, answerBytes: 1_000_000, streamBufferBytes: 65_536 },
      accounts: stage.accounts,
      routing: { strategy: 'quality-first', fallback: 'named' },
    };

    let over = 0;
    for (const [index, call] of calls.entries()) {
      clock.after(call.atMs, () => {
        const interruption = new Interruption();
        if (call.leavesAfterMs !== undefined)
          clock.after(call.leavesAfterMs, () => interruption.interrupt(new GatewayError('client_gone', 'the client left')));
        void serve(call, { run, id: `req_${run}_${index}`, interruption, parts }).then(() => (over += 1));
      });
    }
    // As long as anything is due; the last steps let leases return and entries be written.
    for (let steps = 0; steps < 12 && over < calls.length; steps += 1) await clock.advanceAsync(2_000);
    await clock.advanceAsync(10_050);
    await clock.advanceAsync(10_050);
    await writer.flush();

    expect(over).toBe(calls.length);
    expect(new Set(saved.map((entry) => entry.id)).size).toBe(calls.length);
    expect(saved).toHaveLength(calls.length);
    const attempts = saved.reduce((sum, entry) => sum + entry.attempts.length, 0);
    let requests = 0;
    for (const [id, dispatcher] of dispatchers) {
      requests += dispatcher.requests;
      expect(dispatcher.running, `calls at ${id}`).toBe(0);
      const gate = connections.byId.get(id)?.gate;
      expect(gate?.inFlight, `gate of ${id}`).toBe(0);
      expect(gate?.of('one').inFlight).toBe(0);
      expect(gate?.of('two').inFlight).toBe(0);
    }
    expect(attempts).toBe(requests);
    for (const [at, key] of keys.entries()) {
      const own = saved.filter((entry) => calls[Number(entry.id.split('_')[2])]?.key === at);
      const spent = own.reduce((sum, entry) => sum + (entry.costNanoUsd ?? 0), 0);
      expect(stage.database.budgets.readWindow({ budgetId, holder: `key:${key}-${run}` }, 0)).toMatchObject({
        spentNanoUsd: spent,
        reservedNanoUsd: 0,
      });
      expect(spent).toBeLessThanOrEqual(amountNanoUsd);
      expect(own.every(({ costNanoUsd }) => costNanoUsd !== null && costNanoUsd >= 0)).toBe(true);
    }
    expect(stage.book.openHolds).toBe(0);
    for (const entry of saved) {
      if (entry.errorCode === undefined) met.served += 1;
      else if (entry.errorCode === 'client_gone') met.left += 1;
      else if (entry.errorCode === 'budget_exceeded') met.refused += 1;
      else met.failed += 1;
      if (entry.attempts.length > 1) met.retried += 1;
    }
  }

  await fc.assert(fc.asyncProperty(history, play), { numRuns: histories, endOnFailure: histories > 1_000 });

  expect(stage.trouble).toEqual([]);
  // The histories must have met everything, else they prove little.
  expect(Math.min(...Object.values(met))).toBeGreaterThan(histories / 100);
});

interface Serving {
  readonly run: number;
  readonly id: string;
  readonly interruption: Interruption;
  readonly parts: GatewayParts;
}

/** What the server does with a call, without HTTP. */
async function serve(call: History['calls'][number], { run, id, interruption, parts }: Serving): Promise<void> {
  const names = ['acme/one', 'other/two'];
  const name = names[call.model] ?? 'acme/one';
  const body = {
    model: name,
    max_tokens: maxTokens,
    messages: [{ role: 'user', content: 'Say hello' }],
    ...(call.stream && { stream: true }),
  };
  const outline = scanObject(Buffer.from(JSON.stringify(body)), { maxDepth: 16 });
  const reply = await serveChat(
    {
      requestId: id,
      endpoint: '/v1/chat/completions',
      dialectName: 'openai-chat',
      principal: principalOf({ keyId: `${keys[call.key]}-${run}` }),
      arrivedMs: parts.clock.monotonicMs(),
      arrivedWallMs: parts.clock.wallMs(),
      authMs: 0,
      interruption,
      wish: {
        name,
        fallbacks: call.fallback ? [names[1 - call.model] ?? name] : [],
        needs: [],
        contextTokens: 30,
        maxOutputTokens: maxTokens,
        constraints: {},
        hasConstraints: false,
        promptText: () => '',
      },
      chat: {
        dialect: openaiChat,
        outline,
        stream: call.stream,
        includeUsage: true,
        requestedModel: name,
        gatewayMembers: new Set(),
        forwardHeaders: [],
      },
    },
    parts,
  );
  if (reply.kind === 'stream') await reply.pipe(quietSink);
}

const quietSink: ReplySink = { write: () => true, onDrain: (callback) => callback(), end: () => undefined };
