// The operator's catalog overlay: prices, models and aliases of their own, at the start and when the file changes.
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import { loadSettings } from '../../src/config/load-settings.ts';
import { openaiAnswer } from '../support/canned-replies.ts';
import { tempDir } from '../support/temp-dir.ts';
import { ask, chat, gptModel, lineOf, openaiKey, type Stage, start, startProvider, startStage } from './client.ts';

const dir = tempDir('overlay');
const file = join(dir, 'mine.yaml');
const yaml = `catalog:\n  overlay: ${file}\naliases:\n  house-default:\n    models: [house-model]\n`;

function writeOverlay(usdPerMillion: number): void {
  writeFileSync(
    file,
    [
      'prices:',
      `  openai/${gptModel}: { input: ${usdPerMillion}, output: ${usdPerMillion} }`,
      'models:',
      '  house-model: { tasks: [chat, chat_general], quality: strong }',
      'offers:',
      '  - { provider: openai, id: house-1, model: house-model, price: { input: 2, output: 4 } }',
      'aliases:',
      '  house-fast: { models: [house-model] }',
      '',
    ].join('\n'),
  );
}

describe('a gateway with an overlay', () => {
  let stage: Stage;
  beforeAll(async () => {
    writeOverlay(1_000);
    stage = await startStage({ yaml });
    stage.openai.respond(openaiAnswer({ inputTokens: 9, outputTokens: 2 }));
  });

  it('charges the operator’s price', async () => {
    const line = await lineOf(stage.gateway, await chat(stage.gateway));

    expect(line).toMatchObject({ priced: true, cost_nano_usd: 11 * 1_000 * 1_000 });
  });

  it.each(['house-model', 'openai/house-1', 'house-fast', 'house-default'])('serves a model of the operator’s own as %s', async (model) => {
    const answer = await chat(stage.gateway, { model });

    expect(answer.status, answer.text).toBe(200);
    expect(stage.openai.requests.at(-1)?.json()).toMatchObject({ model: 'house-1' });
    expect(await lineOf(stage.gateway, answer)).toMatchObject({ cost_nano_usd: 9 * 2_000 + 2 * 4_000 });
  });

  it('lists it', async () => {
    const { data } = (await ask(stage.gateway, '/v1/models')).json<{ data: readonly { id: string }[] }>();

    expect(data.map((model) => model.id)).toEqual(expect.arrayContaining(['openai/house-1', 'house-fast', 'house-default']));
  });
});

describe('a wrong overlay', () => {
  const wrong = join(dir, 'wrong.yaml');

  it.each([
    ['is missing', undefined, 'ENOENT'],
    ['is not YAML', 'a: [1', 'not YAML'],
    ['has an unknown member', 'modles: {}\n', 'modles'],
    ['has a bad value', `prices:\n  openai/${gptModel}: { input: cheap }\n`, `prices.openai/${gptModel}.input`],
    ['prices an offer that does not exist', 'prices:\n  openai/gpt-nowhere: { input: 1 }\n', 'openai/gpt-nowhere'],
  ])('stops the start and says where: it %s', async (_, text, place) => {
    const path = text === undefined ? join(dir, 'absent.yaml') : wrong;
    if (text !== undefined) writeFileSync(path, text);

    const starting = start({ yaml: `catalog:\n  overlay: ${path}\n` });

    await expect(starting).rejects.toThrow(basename(path));
    await expect(starting).rejects.toThrow(place);
  });
});

describe('a change of the overlay', () => {
  let app: App | undefined;
  afterAll(() => app?.close());

  it('takes over when it is right, and changes nothing when it is wrong', async () => {
    const openai = await startProvider(openaiAnswer({ inputTokens: 9, outputTokens: 2 }));
    const env = {
      PORT: '0',
      MPC_LOG_LEVEL: 'silent',
      MPC_DATA_DIR: join(dir, 'data'),
      OPENAI_BASE_URL: openai.baseUrl,
      OPENAI_API_KEY: openaiKey,
    };
    writeFileSync(join(dir, 'mpc.yaml'), yaml);
    writeOverlay(1);
    const load = () => loadSettings({ env, cwd: dir });
    app = await createApp(load());
    const gateway = await app.listen();
    const costOfOne = async (): Promise<string | null> => (await chat(gateway)).headers.get('x-mpc-cost-usd');
    expect(await costOfOne()).toBe('0.000011');

    writeFileSync(file, 'prices: 7\n');
    await expect(app.reload(load())).rejects.toThrow(file);
    expect(await costOfOne()).toBe('0.000011');

    writeOverlay(2);
    await app.reload(load());
    expect(await costOfOne()).toBe('0.000022');
  });
});
