// `mpc catalog` as a process: what it shows, what it writes, and what it leaves alone.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { jsonLines, type Outcome, runMpc } from '../../test/support/run-mpc.ts';
import { tempDir } from '../../test/support/temp-dir.ts';

const chat = { litellm_provider: 'openai', mode: 'chat', output_cost_per_token: 1e-5 };
const prices = {
  'gpt-4o': { ...chat, input_cost_per_token: 3e-6 },
  'gpt-4o-mini': { ...chat, input_cost_per_token: 9e-6, output_cost_per_token: 9e-6 },
  'gpt-next': { ...chat, input_cost_per_token: 1e-6 },
};

function files(list: object = prices): { list: string; overlay: string } {
  const folder = tempDir('sync');
  const at = { list: join(folder, 'prices.json'), overlay: join(folder, 'overlay.yaml') };
  writeFileSync(at.list, JSON.stringify(list));
  return at;
}

function sync({ list, overlay }: { list: string; overlay: string }, ...more: string[]): Promise<Outcome> {
  return runMpc(['catalog', 'sync', '--from', 'litellm', list, '--overlay', overlay, ...more]);
}

describe('mpc catalog sync', () => {
  it('shows what differs, and writes nothing without being told to', async () => {
    const at = files();

    const { exitCode, out, err } = await sync(at);

    expect(exitCode).toBe(0);
    expect(out).toContain('changed  openai/gpt-4o: input 2.5 → 3 (+20 %)');
    expect(out).toContain('new      openai/gpt-next: input 1, output 10');
    expect(out).toContain('doubtful: input differs by more than a factor of 2');
    expect(err).toContain('2 could be written with --write.');
    expect(existsSync(at.overlay)).toBe(false);
  });

  it('writes what is not doubtful, and has nothing more to write the second time', async () => {
    const at = files();

    await sync(at, '--write');
    const written = readFileSync(at.overlay, 'utf8');
    const again = await sync(at, '--write');

    expect(written).toMatch(/ {2}openai\/gpt-4o: \{ input: 3, output: 10, cached_input: 1\.25 \} # from litellm, \d{4}-\d\d-\d\d\n/);
    expect(written).not.toContain('gpt-4o-mini');
    expect(again.err).toContain('Nothing to write.');
    expect(readFileSync(at.overlay, 'utf8')).toBe(written);
    const shown = jsonLines((await runMpc(['catalog', 'show', 'gpt-next', '--overlay', at.overlay, '--json'])).out);
    expect(shown).toMatchObject([{ provider_id: 'openai/gpt-next', price: { input: 1, output: 10 } }]);
  });

  it('keeps the prices the operator wrote', async () => {
    const at = files();
    writeFileSync(at.overlay, 'prices:\n  openai/gpt-4o: { input: 2, output: 8 } # our contract\n');

    const { out } = await sync(at, '--write');

    expect(out).toContain('openai/gpt-4o: input 2 → 3 (+50 %), output 8 → 10 (+25 %) (a price of your own: kept)');
    expect(readFileSync(at.overlay, 'utf8')).toContain('openai/gpt-4o: { input: 2, output: 8 } # our contract');
  });

  it('takes doubtful prices when it is told to, and no new models when it is told not to', async () => {
    const at = files();

    await sync(at, '--write', '--doubtful', '--changed-only');

    expect(readFileSync(at.overlay, 'utf8')).toContain('gpt-4o-mini');
    expect(readFileSync(at.overlay, 'utf8')).not.toContain('gpt-next');
  });

  it('prints one object per difference', async () => {
    const { out } = await sync(files(), '--json');

    expect(jsonLines(out).filter((line) => line['kind'] !== 'unlisted')).toEqual([
      {
        kind: 'changed',
        provider_id: 'openai/gpt-4o',
        parts: [{ name: 'input', old: 2.5, new: 3, percent: 20 }],
        price: { input: 3, output: 10, cached_input: 1.25 },
        doubts: [],
        fate: 'write',
      },
      expect.objectContaining({ provider_id: 'openai/gpt-4o-mini', fate: 'doubtful' }),
      { kind: 'new', provider_id: 'openai/gpt-next', price: { input: 1, output: 10 }, doubts: [], fate: 'write' },
    ]);
  });

  it('reads the list from an address', async () => {
    const server = createServer((_request, response) => response.end(JSON.stringify(prices)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;

    const { out } = await sync({ ...files(), list: `http://127.0.0.1:${port}/prices.json` });
    server.close();

    expect(out).toContain('openai/gpt-4o: input 2.5 → 3');
  });

  it.each([
    [{}, [], 2, 'is no price list of litellm: expected {"gpt-4o"'],
    [prices, ['--providers', 'groq'], 1, 'lists no model of groq'],
    [prices, ['--from', 'excel'], 2, '--from "excel" is no format: write one of openrouter, litellm, portkey, models.dev'],
  ] as const)('says what is wrong with %j %j', async (list, more, exitCode, message) => {
    const outcome = await sync(files(list), ...more);

    expect(outcome.err).toContain(message);
    expect(outcome.exitCode).toBe(exitCode);
  });

  it('says where to write when no overlay is named', async () => {
    const { list } = files();

    const outcome = await runMpc(['catalog', 'sync', '--from', 'litellm', list, '--write']);

    expect(outcome).toMatchObject({ exitCode: 2 });
    expect(outcome.err).toContain('set catalog.overlay in mpc.yaml');
  });
});

describe('mpc catalog list and show', () => {
  it('know models that nobody has configured', async () => {
    const { out } = await runMpc(['catalog', 'list', 'whisper', '--provider', 'groq']);

    expect(out).toContain('groq/whisper-large-v3  ');
    expect(out).toContain('0.111 per 3600 seconds');
    expect(out).not.toContain('openai/');
  });

  it('name the nearest model for one they do not know', async () => {
    expect(await runMpc(['catalog', 'show', 'gpt-4oo'])).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('did you mean gpt-4o'),
    });
  });
});
