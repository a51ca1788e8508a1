import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { begin, say } from '../support/answers.ts';
import { noOpencode, runOpencode } from '../support/opencode.ts';
import { readReceived } from '../support/received.ts';
import { type BehindDialect, modelBehind, setStage, type Stage, upstreamKeys } from '../support/stage.ts';

const command = 'echo "forty-$((40+2))" | tee made.txt';
const packages = [
  { npm: '@ai-sdk/openai-compatible', dialect: 'openai-chat' },
  { npm: '@ai-sdk/anthropic', dialect: 'anthropic-messages' },
] as const;
const pairs = packages.flatMap((one) =>
  (['openai-chat', 'anthropic-messages'] as const satisfies BehindDialect[]).map((behind) => ({ ...one, behind })),
);

describe.skipIf(noOpencode !== undefined)(
  `opencode 1.18.33${noOpencode === undefined ? '' : ` (skipped: ${noOpencode})`}`,
  { timeout: 70_000 },
  () => {
    let stage: Stage;
    beforeAll(async () => {
      stage = await setStage();
    });
    afterAll(() => stage?.close());

    it.each(pairs)('runs one prompt with a tool call through $npm, at a provider that speaks $behind', async ({ npm, dialect, behind }) => {
      const upstream = stage.upstreams[behind];
      const before = upstream.requests.length;
      upstream.respond((request) => {
        const { tools, results } = readReceived(request);
        // It asks for a title of the session beside the real call, in any order.
        if (tools.length === 0) return say({ text: 'A title' })(request);
        const [result] = results;
        if (result !== undefined) return say({ text: `It printed ${result.text}` })(request);
        return say({ calls: [{ id: 'call_bash', name: 'bash', arguments: { command, description: 'Writes a file' } }] })(request);
      });

      const model = modelBehind[behind];
      const session = await runOpencode({ text: 'Make the file', npm, model, url: stage.gateway.url, apiKey: stage.key });

      expect(session).toMatchObject({ exitCode: 0, out: expect.stringContaining('It printed forty-42') });
      expect(readFileSync(join(session.folder, 'made.txt'), 'utf8')).toBe('forty-42\n');
      const received = upstream.requests.slice(before).map(readReceived);
      expect(received).toHaveLength(3);
      for (const request of received)
        expect(request).toMatchObject({ stream: true, key: upstreamKeys[behind], model: model.split('/')[1] });
      expect(received.find((request) => request.results.length > 0)).toMatchObject({
        calls: [{ id: 'call_bash', name: 'bash', arguments: { command } }],
        results: [{ id: 'call_bash', text: 'forty-42\n' }],
      });
      const entries = (await stage.entries()).slice(-3);
      for (const entry of entries) expect(entry).toMatchObject({ dialect, requested_model: model, status: 200, error_code: null });
      expect(new Set(entries.map((entry) => entry.session_id)).size, 'one session in the ledger').toBe(1);
      expect(entries[0]?.session_id).not.toBeNull();
    });

    it.each(packages)('asks again after a provider died in mid-stream, once and not in a loop ($npm)', async ({ npm, dialect }) => {
      const upstream = stage.upstreams[dialect];
      const before = upstream.requests.length;
      let tries = 0;
      upstream.respond((request) => {
        if (readReceived(request).tools.length === 0) return say({ text: 'A title' })(request);
        tries += 1;
        return tries === 1 ? begin('The beginning of a', { then: 'reset' })(request) : say({ text: 'Recovered' })(request);
      });

      const session = await runOpencode({ text: 'Hello', npm, model: modelBehind[dialect], url: stage.gateway.url, apiKey: stage.key });

      expect(session).toMatchObject({ exitCode: 0, out: expect.stringContaining('Recovered') });
      expect(tries).toBe(2);
      expect(upstream.requests.length - before).toBe(3);
    });

    it('runs a tool at the simulator', async () => {
      const text = 'use bash with `echo made > demo.txt`';

      const session = await runOpencode({
        text,
        npm: '@ai-sdk/openai-compatible',
        model: 'demo-fast',
        url: stage.gateway.url,
        apiKey: stage.key,
      });

      expect(session.exitCode).toBe(0);
      expect(readFileSync(join(session.folder, 'demo.txt'), 'utf8')).toBe('made\n');
    });

    it.each(packages)('ends with the reason when the key is wrong ($npm)', async ({ npm }) => {
      const before = Object.values(stage.upstreams).map((upstream) => upstream.requests.length);

      const session = await runOpencode({
        text: 'Hello',
        npm,
        model: modelBehind['openai-chat'],
        url: stage.gateway.url,
        apiKey: 'mpc-no-such-key',
      });

      expect(session.out + session.err).toMatch(/key/i);
      expect(Object.values(stage.upstreams).map((upstream) => upstream.requests.length)).toEqual(before);
    });
  },
);
