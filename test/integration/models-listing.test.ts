import { beforeAll, describe, expect, it } from 'vitest';
import type { RunningGateway } from '../support/start-gateway.ts';
import { ask, claudeModel, gptModel, type OpenaiErrorBody, start, startProvider, startStage } from './client.ts';

interface Listed {
  readonly object: 'list';
  readonly data: readonly { readonly id: string; readonly object: 'model'; readonly created: number; readonly owned_by: string }[];
}

async function idsOf(gateway: RunningGateway, path = '/v1/models'): Promise<readonly string[]> {
  const answer = await ask(gateway, path);
  expect(answer.status, answer.text).toBe(200);
  return answer.json<Listed>().data.map((row) => row.id);
}

describe('a gateway with two providers', () => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    ({ gateway } = await startStage());
  });

  it('lists provider ids, canonical ids, aliases and the demo models', async () => {
    const ids = await idsOf(gateway);

    expect(ids).toEqual(
      expect.arrayContaining([
        `openai/${gptModel}`,
        `openai-${gptModel}-main`,
        `anthropic/${claudeModel}`,
        'text_general_flagship',
        'fast-chat',
        'demo/demo-fast',
      ]),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('lists nothing of a provider that is not configured', async () => {
    const ids = await idsOf(gateway);

    expect(ids.filter((id) => id.startsWith('groq/') || id.startsWith('mistral/'))).toEqual([]);
  });

  it('gives every row the fields of OpenAI’s list', async () => {
    const { object, data } = (await ask(gateway, '/v1/models')).json<Listed>();

    expect(object).toBe('list');
    for (const row of data) {
      expect(row).toMatchObject({ object: 'model' });
      expect(Number.isInteger(row.created), row.id).toBe(true);
      expect(row.owned_by, row.id).not.toBe('');
    }
  });

  it('lists the same on /api/models and /v1/models', async () => {
    expect(await idsOf(gateway, '/api/models')).toEqual(await idsOf(gateway, '/v1/models'));
  });

  it('can use every id that it lists', async () => {
    for (const id of await idsOf(gateway)) {
      const answer = await ask(gateway, `/v1/models/${id.split('/').map(encodeURIComponent).join('/')}`);
      expect(answer.status, id).toBe(200);
      expect(answer.json<{ id: string }>().id).toBe(id);
    }
  });

  it('knows one model by an id with a slash, plain or encoded', async () => {
    const plain = await ask(gateway, `/v1/models/openai/${gptModel}`);
    const encoded = await ask(gateway, `/v1/models/openai%2F${gptModel}`);

    expect(plain.status).toBe(200);
    expect(encoded.json()).toEqual(plain.json());
  });

  it('answers 404 model_not_found with the nearest id for a model it does not know', async () => {
    const answer = await ask(gateway, '/v1/models/gpt-4o-mni');

    expect(answer.status).toBe(404);
    const { error } = answer.json<OpenaiErrorBody>();
    expect(error.code).toBe('model_not_found');
    expect(error.message).toContain(gptModel);
  });

  it('lists in Anthropic’s shape, in pages, when its version header is sent', async () => {
    const headers = { 'anthropic-version': '2023-06-01' };
    const first = (await ask(gateway, '/v1/models?limit=3', { headers })).json<AnthropicPage>();
    const second = (
      await ask(gateway, `/v1/models?limit=3&after_id=${encodeURIComponent(first.last_id)}`, { headers })
    ).json<AnthropicPage>();

    expect(first.data).toHaveLength(3);
    expect(first.has_more).toBe(true);
    expect(first.first_id).toBe(first.data[0]?.id);
    expect(first.last_id).toBe(first.data[2]?.id);
    for (const row of first.data)
      expect(row).toMatchObject({ type: 'model', display_name: expect.any(String), created_at: expect.any(String) });
    expect(second.data.map((row) => row.id)).not.toContain(first.last_id);
  });

  it('pages backwards with before_id', async () => {
    const headers = { 'anthropic-version': '2023-06-01' };
    const all = (await ask(gateway, '/v1/models?limit=1000', { headers })).json<AnthropicPage>();
    const [, , third, fourth, fifth] = all.data;

    const page = (
      await ask(gateway, `/v1/models?limit=2&before_id=${encodeURIComponent(fifth?.id ?? '')}`, { headers })
    ).json<AnthropicPage>();

    expect(page.data.map((row) => row.id)).toEqual([third?.id, fourth?.id]);
    expect(page.has_more).toBe(true);
  });
});

interface AnthropicPage {
  readonly data: readonly { readonly id: string }[];
  readonly has_more: boolean;
  readonly first_id: string;
  readonly last_id: string;
}

it('lists only demo models and what they serve where no provider is configured', async () => {
  const gateway = await start();

  const { data } = (await ask(gateway, '/v1/models')).json<Listed>();

  expect(data.length).toBeGreaterThan(0);
  expect(new Set(data.map((row) => row.owned_by))).toEqual(new Set(['demo']));
});

it('lists what a server of one’s own says it serves', async () => {
  const server = await startProvider({
    headers: { 'content-type': 'application/json' },
    body: '{"object":"list","data":[{"id":"my-org/my-model"}]}',
  });
  const gateway = await start({ env: { VLLM_BASE_URL: server.baseUrl } });
  await server.request(0);

  await expect.poll(() => idsOf(gateway)).toContain('vllm/my-org/my-model');
});
