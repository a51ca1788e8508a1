import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { type FakeUpstream, startUpstream } from '../../support/fake-upstream.ts';
import { freePort } from '../../support/free-port.ts';
import type { SpawnedGateway } from '../../support/spawn-gateway.ts';
import { anthropicDrivers } from '../drivers/anthropic.ts';
import { openaiDrivers } from '../drivers/openai.ts';
import { say } from '../support/answers.ts';
import { firstUser } from '../support/chat-client.ts';
import { failure, runTools } from '../support/laws.ts';
import { readReceived } from '../support/received.ts';
import { readEntries, startBuilt } from '../support/stage.ts';
import { masterKey, mockText, noLitellm, type Proxy, startProxy } from './proxy.ts';

const forms = ['whole', 'stream'] as const;
const [openaiDriver] = openaiDrivers;
const [anthropicDriver] = anthropicDrivers;
if (openaiDriver === undefined || anthropicDriver === undefined) throw new Error('no drivers');
const drivers = [openaiDriver, anthropicDriver] as const;
/** The gateway is open on loopback: SDKs insist on some key. */
const apiKey = 'placeholder';
const city = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } as const;

describe.skipIf(noLitellm !== undefined)(
  `a LiteLLM 1.106.2 proxy as upstream${noLitellm === undefined ? '' : ` (skipped: ${noLitellm})`}`,
  () => {
    let behind: FakeUpstream;
    let proxy: Proxy;
    let gateway: SpawnedGateway;
    const lastEntry = async (of: SpawnedGateway = gateway): Promise<JsonObject | undefined> => (await readEntries(of.dataDir)).at(-1);

    beforeAll(async () => {
      behind = await startUpstream();
      proxy = await startProxy(behind.baseUrl);
      gateway = await startBuilt({ env: { LITELLM_BASE_URL: proxy.url, LITELLM_API_KEY: masterKey } });
    }, 120_000);
    afterAll(async () => {
      await gateway?.stop();
      await proxy?.stop();
      await behind?.close();
    });

    describe.each(drivers)('for $name', (driver) => {
      it.each(forms)('gives a %s answer of a model by its prefixed and by its bare name, unpriced and flagged so', async (form) => {
        const client = driver.create({ url: gateway.url, apiKey });
        for (const model of ['litellm/house-mock', 'house-mock']) {
          const heard = await client[form]({ model, turns: firstUser('Hello') });

          expect(heard.text).toBe(mockText);
          if (form === 'stream') expect(heard.pieces?.length).toBeGreaterThan(1);
          expect(await lastEntry()).toMatchObject({
            requested_model: model,
            dialect: driver.dialect,
            provider: 'litellm',
            connection: 'litellm',
            layer: 'litellm',
            stream: form === 'stream',
            status: 200,
            error_code: null,
            cost_nano_usd: null,
            priced: false,
            usage: { input: expect.any(Number), output: expect.any(Number), source: 'upstream' },
            attempts: [{ provider: 'litellm', status: 200 }],
          });
        }
      });

      it.each(forms)('carries tools and their results in %s answers through the proxy to the provider behind it', async (form) => {
        const before = behind.requests.length;
        const call = { id: 'call_one', name: 'get_weather', arguments: { city: 'Köln' } };
        behind.respond(say({ calls: [call] }), say({ text: 'Rain', inputTokens: 31, outputTokens: 3 }));

        const { last, calls } = await runTools(driver.create({ url: gateway.url, apiKey }), form, {
          model: 'litellm/behind-us',
          system: 'Be brief.',
          tools: [{ name: 'get_weather', description: 'Weather', parameters: city }],
          turns: firstUser('Köln?'),
        });

        expect(calls).toEqual([call]);
        expect(last).toMatchObject({ text: 'Rain', usage: { input: 31, output: 3 } });
        const received = behind.requests.slice(before).map(readReceived);
        expect(received).toMatchObject([
          { model: 'real-model', key: 'sk-behind-litellm', system: 'Be brief.', tools: [{ name: 'get_weather', parameters: city }] },
          { calls: [call], results: [{ id: 'call_one', text: 'weather of Köln' }] },
        ]);
        expect(await lastEntry()).toMatchObject({ requested_model: 'litellm/behind-us', usage: { input: 31, output: 3 } });
      });

      it('hands on a failure behind the proxy, after three tries through it', async () => {
        const before = behind.requests.length;
        behind.respond({
          status: 503,
          headers: { 'content-type': 'application/json' },
          body: '{"error":{"message":"busy","type":"server_error"}}',
        });

        const thrown = await failure(
          driver.create({ url: gateway.url, apiKey }).whole({ model: 'litellm/behind-us', turns: firstUser('Hello') }),
        );

        expect(driver.statusOf(thrown)).toBeGreaterThanOrEqual(500);
        expect(behind.requests.length - before).toBe(3);
        expect((await lastEntry())?.attempts).toHaveLength(3);
      });
    });

    it('says the layer and the unknown price in the headers', async () => {
      const answer = await ask(gateway, '/v1/chat/completions', 'litellm/house-mock');

      expect(answer.status).toBe(200);
      const names = [
        'x-mpc-layer',
        'x-mpc-provider',
        'x-mpc-connection',
        'x-mpc-cost-usd',
        'x-litellm-model-id',
        'x-litellm-response-cost',
      ];
      expect(names.map((name) => answer.headers.get(name))).toEqual([
        'litellm',
        'litellm',
        'litellm',
        'unknown',
        'litellm/house-mock',
        null,
      ]);
    });

    it('lists the models of the proxy to both SDKs and to the /api family', async () => {
      const openai: string[] = [];
      for await (const { id } of new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey }).models.list()) openai.push(id);
      const anthropic: string[] = [];
      for await (const { id } of new Anthropic({ baseURL: gateway.url, apiKey }).models.list()) anthropic.push(id);
      const api = (await (await fetch(`${gateway.url}/api/models`)).json()) as { data: { id: string }[] };

      for (const ids of [openai, anthropic, api.data.map(({ id }) => id)]) {
        expect(ids).toEqual(expect.arrayContaining(['litellm/house-mock', 'litellm/gpt-4o', 'litellm/behind-us']));
      }
    });

    it('tells its address in /health', async () => {
      const health = (await (await fetch(`${gateway.url}/health`)).json()) as { litellm_url: string | null };

      expect(health.litellm_url).toBe(proxy.url);
    });

    it.each(['gpt-4o', 'openai/gpt-4o', 'claude-sonnet-4-5'])(
      'serves the catalogued model %s under the name that the proxy has for it',
      async (model) => {
        const answer = await ask(gateway, '/v1/chat/completions', model);

        expect(answer).toMatchObject({ status: 200, text: expect.stringContaining(mockText) });
        expect(await lastEntry()).toMatchObject({ requested_model: model, layer: 'litellm', priced: true });
      },
    );

    it('answers 404 for a model that the proxy does not have', async () => {
      expect(await ask(gateway, '/v1/chat/completions', 'litellm/no-such-model')).toMatchObject({
        status: 404,
        text: expect.stringContaining('no-such-model'),
      });
      expect(await ask(gateway, '/v1/chat/completions', 'no-such-model')).toMatchObject({
        status: 404,
        text: expect.stringContaining('no-such-model'),
      });
    });

    it('routes an alias through the proxy where the layer is pinned, though a direct connection has the model', async () => {
      const direct = await startUpstream();
      const pinned = await startBuilt({
        env: { LITELLM_BASE_URL: proxy.url, LITELLM_API_KEY: masterKey, OPENAI_BASE_URL: direct.baseUrl, OPENAI_API_KEY: 'sk-direct' },
        yaml: 'routing:\n  layer: litellm\naliases:\n  house_flagship:\n    models: [gpt-4o]\n',
      });

      for (const path of ['/api/chat/completions', '/v1/chat/completions']) {
        expect(await ask(pinned, path, 'house_flagship')).toMatchObject({ status: 200, text: expect.stringContaining(mockText) });
        expect(await lastEntry(pinned)).toMatchObject({ requested_model: 'house_flagship', layer: 'litellm', connection: 'litellm' });
      }
      expect(await ask(pinned, '/v1/chat/completions', 'house-mock')).toMatchObject({ status: 200 });
      expect(direct.requests.filter((request) => request.path.includes('chat'))).toEqual([]);
      await pinned.stop();
      await direct.close();
    });

    it.each([
      { trouble: 'the wrong key', env: () => ({ LITELLM_BASE_URL: proxy.url, LITELLM_API_KEY: 'sk-not-the-master' }) },
      { trouble: 'no key', env: () => ({ LITELLM_BASE_URL: proxy.url }) },
      {
        trouble: 'no proxy there',
        env: async () => ({ LITELLM_BASE_URL: `http://127.0.0.1:${await freePort()}`, LITELLM_API_KEY: masterKey }),
      },
    ])('answers 502 in every grammar with $trouble', async ({ env }) => {
      const lame = await startBuilt({ env: await env() });

      const api = await ask(lame, '/api/chat/completions', 'litellm/house-mock');
      const openai = await ask(lame, '/v1/chat/completions', 'litellm/house-mock');
      const anthropic = await ask(lame, '/v1/messages', 'litellm/house-mock');

      expect([api.status, openai.status, anthropic.status]).toEqual([502, 502, 502]);
      expect(JSON.parse(api.text)).toMatchObject({ error: expect.any(String), message: expect.any(String) });
      expect(JSON.parse(openai.text)).toMatchObject({ error: { message: expect.any(String), type: expect.any(String) } });
      expect(JSON.parse(anthropic.text)).toMatchObject({ type: 'error', error: { type: 'api_error', message: expect.any(String) } });
      for (const { text } of [api, openai, anthropic]) expect(text).not.toContain(masterKey);
      expect(await readEntries(lame.dataDir)).toMatchObject(
        Array.from({ length: 3 }, () => ({ layer: 'litellm', status: 502, usage: null, cost_nano_usd: 0 })),
      );
      await lame.stop();
    });
  },
);

async function ask(gateway: SpawnedGateway, path: string, model: string): Promise<{ status: number; headers: Headers; text: string }> {
  const body = JSON.stringify({ model, max_tokens: 100, messages: [{ role: 'user', content: 'Hello' }] });
  const answer = await fetch(`${gateway.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}
