import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openaiAnswer, openaiFrames, streamOf } from '../support/canned-replies.ts';
import { openaiText, collectStream } from '../support/collect.ts';
import { type SpawnedGateway, spawnGateway } from '../support/spawn-gateway.ts';
import { ask, chat, chatBody, open, startProvider } from './client.ts';

/** As an editor saves: a new file in the place of the old one. */
function save(gateway: SpawnedGateway, yaml: string): void {
  const folder = join(gateway.dataDir, '..');
  writeFileSync(join(folder, 'mpc.yaml.new'), yaml);
  renameSync(join(folder, 'mpc.yaml.new'), join(folder, 'mpc.yaml'));
}

const statusOf = async (gateway: SpawnedGateway, model: string): Promise<number> => (await chat(gateway, { model })).status;
const soon = { timeout: 8_000, interval: 50 };

describe('a changed mpc.yaml', { timeout: 30_000 }, () => {
  it('takes over when it is right, and is refused whole when it is wrong', async () => {
    const gateway = await spawnGateway({ yaml: 'aliases:\n  first: demo-fast\n' });
    expect([await statusOf(gateway, 'first'), await statusOf(gateway, 'second')]).toEqual([200, 404]);

    save(gateway, 'aliases:\n  second: demo-fast\n');
    await expect.poll(() => statusOf(gateway, 'second'), soon).toBe(200);
    expect(await statusOf(gateway, 'first')).toBe(404);

    save(gateway, 'aliases:\n  third: demo-fast\nroutin:\n  strategy: balanced\n');
    await expect.poll(() => gateway.output(), soon).toMatch(/mpc\.yaml.*routing/s);
    expect([await statusOf(gateway, 'second'), await statusOf(gateway, 'third')]).toEqual([200, 404]);

    save(gateway, 'aliases: [broken\n');
    save(gateway, 'aliases:\n  fourth: demo-fast\n');
    await expect.poll(() => statusOf(gateway, 'fourth'), soon).toBe(200);
    expect(await gateway.stop()).toBe(0);
  });

  it('moves new calls to another provider, and lets running streams end on the old one', async () => {
    const [before, after] = [await startProvider(), await startProvider(openaiAnswer({ text: 'from the new' }))];
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const frames = openaiFrames({ text: 'from the old' });
    before.respond({ ...streamOf(frames), gapMs: 250 });
    const yamlFor = (baseUrl: string): string => `providers:\n  openai:\n    base_url: ${baseUrl}\n    api_key: \${OPENAI_TEST_KEY}\n`;
    const gateway = await spawnGateway({ yaml: yamlFor(before.baseUrl), env: { OPENAI_TEST_KEY: 'sk-0123456789' } });
    const response = await open(gateway, '/v1/chat/completions', { body: chatBody({ stream: true }) });
    const collected = collectStream(response).finally(() => release());
    await before.request(0);

    save(gateway, yamlFor(after.baseUrl));

    await expect.poll(async () => (await chat(gateway)).text, soon).toContain('from the new');
    await released;
    const stream = await collected;
    expect(openaiText(stream)).toBe('from the old');
    expect(stream.frames.at(-1)?.data).toBe('[DONE]');
    expect(await gateway.stop()).toBe(0);
  });

  it('says which of its changes wait for a restart, those that guard the door among them', async () => {
    const gateway = await spawnGateway({ yaml: 'server:\n  auth: auto\n' });

    save(gateway, 'server:\n  auth: required\nkeep_alive_ms: 1000\nlimits:\n  body_mb: 1\n');

    await expect.poll(() => gateway.output(), soon).toContain('reloaded');
    const required = (await ask(gateway, '/v1/models')).status === 401;
    if (!required) expect(gateway.output()).toMatch(/server\.auth.*restart|restart.*server\.auth/s);
    const limited = (
      await ask(gateway, '/v1/chat/completions', { raw: Buffer.alloc(2 * 1024 * 1024, 0x20), headers: { authorization: 'Bearer x' } })
    ).status;
    if (limited !== 413 && !required) expect(gateway.output()).toContain('limits.body_mb');
    expect(await gateway.stop()).toBe(0);
  });
});

it('does not start with a wrong file, and names file, line and the nearest name', { timeout: 30_000 }, async () => {
  await expect(spawnGateway({ yaml: 'retry:\n  attemps: 1\n' })).rejects.toThrow(/mpc\.yaml:2.*attempts/s);
});
