// What holds for every client library at every upstream: said once, run for each driver against a provider of its own
// dialect, one of the other dialect, and the built-in simulator.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import type { FakeUpstream, Reply, Responder, SeenRequest } from '../../support/fake-upstream.ts';
import { openaiError, anthropicError } from '../../support/canned-replies.ts';
import { begin, say, sayJson } from './answers.ts';
import { type Ask, type ChatClient, type Driver, firstUser, type Heard, type Turn } from './chat-client.ts';
import { type Received, readReceived } from './received.ts';
import { type BehindDialect, modelBehind, setStage, type Stage, upstreamKeys } from './stage.ts';

const dialects: readonly BehindDialect[] = ['openai-chat', 'anthropic-messages'];
const forms = ['whole', 'stream'] as const;
/** An entry is written a moment after its answer. */
const soon = { timeout: 15_000, interval: 5 };

const weather = {
  name: 'get_weather',
  description: 'The weather of a city',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false },
} as const;
const clock = { name: 'get_time', description: 'The time now', parameters: { type: 'object', properties: {} } } as const;
const personSchema: JsonObject = {
  type: 'object',
  properties: { name: { type: 'string' }, age: { type: 'integer' } },
  required: ['name', 'age'],
  additionalProperties: false,
};
const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

export function describeClient(driver: Driver): void {
  describe(driver.name, () => {
    let stage: Stage;
    let client: ChatClient;
    const having = (ability: 'reasoning' | 'schema') => (driver.lacks?.includes(ability) === true ? [] : forms);
    const formsOfOpenai = driver.lacks?.includes('openai-streams') === true ? (['whole'] as const) : forms;
    beforeAll(async () => {
      stage = await setStage();
      client = driver.create({ url: stage.gateway.url, apiKey: stage.key });
    });
    afterAll(() => stage?.close());

    describe.each(dialects)('to a provider that speaks %s', (behind) => {
      const model = modelBehind[behind];
      const cross = behind !== driver.dialect;
      const upstream = (): FakeUpstream => stage.upstreams[behind];
      /** Scripts the provider; answers with a reader of what it gets from now on. */
      const script = (...responders: readonly Responder[]): (() => readonly Received[]) => {
        const before = upstream().requests.length;
        upstream().respond(...responders);
        return () => upstream().requests.slice(before).map(readReceived);
      };

      it.each(forms)('gets a %s answer with its usage, and the provider gets its own key and model id', async (form) => {
        const received = script(say({ text: 'Grüße aus Wien 🎡', inputTokens: 21, outputTokens: 7, cachedTokens: 4 }));

        const heard = await client[form]({ model, system: 'Be brief.', turns: firstUser('Say hello') });

        expect(heard).toMatchObject({ text: 'Grüße aus Wien 🎡', calls: [] });
        if (form === 'whole' || driver.miscountsStreams === undefined) expect(heard.usage).toEqual({ input: 21, output: 7 });
        if (form === 'stream') expect(heard.pieces?.length).toBeGreaterThan(1);
        await expect
          .poll(() => stage.lastEntry(), soon)
          .toMatchObject({
            requested_model: model,
            dialect: driver.dialect,
            stream: form === 'stream',
            status: 200,
            usage: { input: 17, cached_input: 4, cache_write: 0, output: 7 },
            priced: true,
          });
        expect(received()).toMatchObject([
          {
            // Its vendor's models are asked in the newer grammar of the vendor where the caller speaks it.
            dialect: behind === 'openai-chat' && driver.dialect === 'openai-responses' ? driver.dialect : behind,
            model: model.split('/')[1],
            stream: form === 'stream',
            key: upstreamKeys[behind],
            system: 'Be brief.',
            users: ['Say hello'],
          },
        ]);
        const all = upstream()
          .requests.map((request) => JSON.stringify(request.headers))
          .join();
        expect(all).not.toContain(stage.key);
      });

      it.each(formsOfOpenai)('runs a tool loop of three turns in %s answers', async (form) => {
        const received = script(
          say({ calls: [{ id: 'call_one', name: 'get_weather', arguments: { city: 'Paris' } }] }),
          say({ calls: [{ id: 'call_two', name: 'get_weather', arguments: { city: 'Zürich' } }] }),
          say({ text: 'Sun in Paris, rain in Zürich' }),
        );

        const { last, calls } = await runTools(client, form, { model, tools: [weather, clock], turns: firstUser('Paris and Zürich?') });

        expect(last.text).toBe('Sun in Paris, rain in Zürich');
        expect(calls).toMatchObject([
          { id: 'call_one', arguments: { city: 'Paris' } },
          { id: 'call_two', arguments: { city: 'Zürich' } },
        ]);
        expect(received()).toHaveLength(3);
        expect(received()[0]?.tools).toMatchObject([
          { name: 'get_weather', parameters: { properties: { city: { type: 'string' } }, required: ['city'] } },
          { name: 'get_time' },
        ]);
        expect(received()[2]).toMatchObject({
          calls: [
            { id: 'call_one', name: 'get_weather', arguments: { city: 'Paris' } },
            { id: 'call_two', name: 'get_weather', arguments: { city: 'Zürich' } },
          ],
          results: [
            { id: 'call_one', text: 'weather of Paris' },
            { id: 'call_two', text: 'weather of Zürich' },
          ],
        });
      });

      it.each(formsOfOpenai)('hears parallel calls in a %s answer, one of them without arguments', async (form) => {
        const asked = [
          { id: 'call_a', name: 'get_weather', arguments: { city: 'Oslo' } },
          { id: 'call_b', name: 'get_weather', arguments: { city: 'Rome' } },
          { id: 'call_c', name: 'get_time', arguments: {} },
        ];
        const received = script(say({ text: 'Looking.', calls: asked }), say({ text: 'Done' }));

        const { last, calls } = await runTools(client, form, { model, tools: [weather, clock], turns: firstUser('Oslo, Rome, time?') });

        expect(calls).toEqual(asked);
        expect(last.text).toBe('Done');
        expect(received()[1]?.calls).toEqual(asked);
        expect(received()[1]?.results.map((result) => result.id)).toEqual(['call_a', 'call_b', 'call_c']);
      });

      it('shows an image', async () => {
        const received = script(say({ text: 'One pixel' }));

        const heard = await client.whole({
          model,
          turns: [{ role: 'user', text: 'What is it?', image: { mediaType: 'image/png', base64: pixel } }],
        });

        expect(heard.text).toBe('One pixel');
        expect(received()).toMatchObject([{ users: ['What is it?'], images: [{ mediaType: 'image/png', base64: pixel }] }]);
      });

      it.each(having('schema'))('gets JSON of a schema in a %s answer', async (form) => {
        const received = script(sayJson({ name: 'Ada', age: 36 }));

        const heard = await client[form]({ model, schema: personSchema, turns: firstUser('Who?') });

        expect(JSON.parse(heard.text)).toEqual({ name: 'Ada', age: 36 });
        const [request] = received();
        const sent = request?.schema ?? request?.tools.find((tool) => tool.name === request.forcedTool)?.parameters;
        expect(sent).toMatchObject({ properties: { name: { type: 'string' }, age: { type: 'integer' } }, required: ['name', 'age'] });
      });

      it.each(having('reasoning'))(
        'asks for reasoning, hears it in a %s answer and gives it back with the result of a tool',
        async (form) => {
          const call = { id: 'call_one', name: 'get_weather', arguments: { city: 'Graz' } };
          const received = script(say({ reasoning: 'I have to look.', calls: [call] }), say({ reasoning: 'Good.', text: 'Sunny' }));
          const ask: Ask = { model, reasoning: true, tools: [weather], turns: firstUser('Graz?') };

          const first = await client[form](ask);
          const second = await client[form]({ ...ask, turns: [...ask.turns, ...toolTurns(first)] });

          expect(first).toMatchObject({ reasoning: 'I have to look.', calls: [call] });
          expect(second).toMatchObject({ reasoning: 'Good.', text: 'Sunny' });
          expect(received()[0]).toMatchObject({ asksReasoning: true });
          // A signature is good at the provider that made it only: without it the vendor refuses the history of a tool loop.
          if (behind === 'anthropic-messages' && !cross) {
            expect(received()[1]).toMatchObject({ asksReasoning: true, reasoning: [{ text: 'I have to look.', signature: 'c2lnbmVk' }] });
          }
          expect(received()[1]).toMatchObject({ calls: [call], results: [{ id: 'call_one', text: 'weather of Graz' }] });
        },
      );

      it('waits as a 429 asks and is served by the next try', async () => {
        const limited = { ...refusal(behind, 429), headers: { 'content-type': 'application/json', 'retry-after-ms': '20' } };
        const received = script(limited, say({ text: 'After all' }));

        const heard = await client.whole({ model, turns: firstUser('Hello') });

        expect(heard.text).toBe('After all');
        expect(received()).toHaveLength(2);
      });

      it.each(forms)(
        "gets a lasting 429 as an error of a %s call, and the provider sees at most three tries for each of the library's own",
        async (form) => {
          const limited = { ...refusal(behind, 429), headers: { 'content-type': 'application/json', 'retry-after': '0' } };
          const received = script(limited);

          const thrown = await failure(client[form]({ model, turns: firstUser('Hello') }));

          expect(driver.statusOf(thrown)).toBe(429);
          // The gateway says `x-should-retry: false`; the vendors' own libraries listen, others try again regardless.
          // The gateway's retries have a budget for each connection, which libraries that try again themselves use up.
          const [least, most] = [driver.triesOfAFailedCall === 1 ? 3 : driver.triesOfAFailedCall, 3 * driver.triesOfAFailedCall];
          expect(received().length).toBeGreaterThanOrEqual(least);
          expect(received().length).toBeLessThanOrEqual(most);
        },
      );

      it.each(['reset', 'close', 'end'] as const)(
        'gets an error, not silence, from a provider that dies in mid-stream (%s)',
        async (then) => {
          const received = script(begin('The beginning of a long', { then }));
          const pieces: string[] = [];

          const thrown = await failure(client.stream({ model, turns: firstUser('Tell'), onText: (piece) => pieces.push(piece) }));

          expect(String(thrown)).not.toBe('');
          expect(pieces.join('')).toMatch(/^The beginning/);
          expect(received(), 'a stream that had begun is never asked for again').toHaveLength(1);
          await expect
            .poll(() => stage.lastEntry(), soon)
            .toMatchObject({ requested_model: model, stream: true, error_code: 'upstream_truncated' });
        },
      );

      it.skipIf(driver.lacks?.includes('cancel'))('stops the provider when the program cancels', async () => {
        const number = upstream().requests.length;
        script(begin('The beginning of a long', { then: 'stall' }));
        const controller = new AbortController();

        // Some libraries throw here, some just end their stream.
        await client
          .stream({ model, turns: firstUser('Tell'), signal: controller.signal, onText: () => controller.abort() })
          .catch(() => undefined);

        const request: SeenRequest = await upstream().request(number);
        expect(await request.aborted).toBeLessThan(5_000);
        expect(upstream().requests).toHaveLength(number + 1);
        await expect.poll(() => stage.lastEntry(), soon).toMatchObject({ requested_model: model, status: 499, error_code: 'client_gone' });
      });

      it('gets 401 for a wrong key, and the provider is left alone', async () => {
        const received = script(say({ text: 'Never' }));
        const stranger = driver.create({ url: stage.gateway.url, apiKey: 'mpc-no-such-key' });

        for (const form of forms) expect(driver.statusOf(await failure(stranger[form]({ model, turns: firstUser('Hello') })))).toBe(401);

        expect(received()).toEqual([]);
      });

      it('gets 404 for an unknown model, with the nearest name', async () => {
        const received = script(say({ text: 'Never' }));

        const thrown = await failure(client.whole({ model: `${model}-nonsense`, turns: firstUser('Hello') }));

        expect(driver.statusOf(thrown)).toBe(404);
        expect(String((thrown as Error).message)).toContain(model.split('/')[1]);
        expect(received()).toEqual([]);
      });
    });

    describe('to the built-in simulator', () => {
      it.each(formsOfOpenai)('gets a %s answer', async (form) => {
        const heard = await client[form]({ model: 'demo-echo', turns: firstUser('Repeat after me') });

        expect(heard.text).toContain('Repeat after me');
        if (form === 'whole' || driver.miscountsStreams === undefined) {
          expect(heard.usage?.input).toBeGreaterThan(0);
          expect(heard.usage?.output).toBeGreaterThan(0);
        }
        await expect
          .poll(() => stage.lastEntry(), soon)
          .toMatchObject({
            provider: 'demo',
            requested_model: 'demo-echo',
            status: 200,
            error_code: null,
          });
      });

      it.each(formsOfOpenai)('runs tools in %s answers', async (form) => {
        const { last, calls } = await runTools(client, form, {
          model: 'demo-fast',
          tools: [weather, clock],
          turns: firstUser('use get_weather with {"city":"Oslo"} then get_time'),
        });

        expect(calls).toMatchObject([
          { name: 'get_weather', arguments: { city: 'Oslo' } },
          { name: 'get_time', arguments: {} },
        ]);
        expect(last.text).toContain('get_time answered: "12:00"');
      });

      it.each(having('schema').slice(0, 1))('gets JSON of a schema in a %s answer', async (form) => {
        const heard = await client[form]({ model: 'demo-fast', schema: personSchema, turns: firstUser('Who?') });

        expect(JSON.parse(heard.text)).toEqual({ name: expect.any(String), age: expect.any(Number) });
      });

      it.each(having('reasoning'))('hears thinking in a %s answer', async (form) => {
        const heard = await client[form]({ model: 'demo-reasoning', reasoning: true, turns: firstUser('Think') });

        expect(heard.reasoning ?? '').not.toBe('');
        expect(heard.text).not.toBe('');
      });
    });
  });
}

/** Answers each call with `weather of CITY` or the time, until the model says something without calling. */
export async function runTools(
  client: ChatClient,
  form: 'whole' | 'stream',
  ask: Ask,
): Promise<{ readonly last: Heard; readonly calls: Heard['calls'] }> {
  const turns: Turn[] = [...ask.turns];
  const calls: Heard['calls'][number][] = [];
  for (let step = 0; step < 6; step += 1) {
    const heard = await client[form]({ ...ask, turns });
    if (heard.calls.length === 0) return { last: heard, calls };
    calls.push(...heard.calls);
    turns.push(...toolTurns(heard));
  }
  throw new Error('the tool loop did not end');
}

function toolTurns(heard: Heard): readonly Turn[] {
  const results = heard.calls.map((call) => ({
    call,
    text: call.name === 'get_weather' ? `weather of ${String(call.arguments.city)}` : '12:00',
  }));
  return [
    { role: 'assistant', heard },
    { role: 'tool', results },
  ];
}

/** What a promise was rejected with; fails when it was not. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (thrown: unknown) => ({ thrown }),
  );
  if (!('thrown' in outcome)) throw new Error(`expected an error, got ${JSON.stringify(outcome.value)}`);
  return outcome.thrown;
}

function refusal(behind: BehindDialect, status: number): Reply {
  return behind === 'openai-chat'
    ? openaiError(status, { type: 'rate_limit_exceeded', code: 'rate_limit_exceeded' })
    : anthropicError(status, 'rate_limit_error');
}
