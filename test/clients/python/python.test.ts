// The libraries that Python programs use, each in a process of its own.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asObject, type JsonObject, parseJson } from '../../../src/core/json.ts';
import { anthropicError, openaiError } from '../../support/canned-replies.ts';
import { freePort } from '../../support/free-port.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { begin, say } from '../support/answers.ts';
import { answerEmbeddings, embeddingModel, vectors } from '../support/embeddings.ts';
import { readReceived } from '../support/received.ts';
import { modelBehind, setStage, type Stage } from '../support/stage.ts';

/** The installed environment, or why there is none. `npm run clients` finds and installs it. */
const venv = process.env.MPC_PYTHON;
const python = join(venv ?? '', process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
const missing =
  venv !== undefined && existsSync(python) ? undefined : (process.env.MPC_PYTHON_MISSING ?? 'MPC_PYTHON names no environment');

const libraries = ['openai', 'anthropic', 'litellm', 'llama-index'] as const;
type Library = (typeof libraries)[number];
const pairs = libraries.flatMap((library) => (['openai-chat', 'anthropic-messages'] as const).map((behind) => ({ library, behind })));

describe.skipIf(missing !== undefined)(
  `Python libraries${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  { timeout: 90_000 },
  () => {
    let stage: Stage;
    beforeAll(async () => {
      stage = await setStage();
    });
    afterAll(() => stage?.close());

    const running = new Map<Library, Program>();
    afterAll(() => {
      for (const program of running.values()) program.stop();
    });
    const run = async (library: Library, what: string, model: string): Promise<JsonObject> => {
      const program = running.get(library) ?? (await startProgram(library, stage));
      running.set(library, program);
      return program.run(what, model);
    };

    describe.each(pairs)('$library to a provider that speaks $behind', ({ library, behind }) => {
      const model = modelBehind[behind];

      it('gets an answer with its usage', async () => {
        stage.upstreams[behind].respond(say({ text: 'Grüße aus Wien 🎡', inputTokens: 21, outputTokens: 7 }));

        expect(await run(library, 'plain', model)).toEqual({ text: 'Grüße aus Wien 🎡', input: 21, output: 7 });
      });

      it('reads a stream', async () => {
        stage.upstreams[behind].respond(say({ text: 'one two three four' }));

        const got = await run(library, 'stream', model);

        expect(got).toMatchObject({ text: 'one two three four' });
        expect(got.pieces).toBeGreaterThan(1);
      });

      it('works through a tool loop of three turns', async () => {
        const upstream = stage.upstreams[behind];
        const before = upstream.requests.length;
        const calls = ['Oslo', 'Rome'].map((city, at) => ({ id: `call_${at}`, name: 'weather', arguments: { city } }));
        upstream.respond(...calls.map((call) => say({ calls: [call] })), say({ text: 'Sun' }));

        expect(await run(library, 'tools', model)).toEqual({ text: 'Sun', calls });

        const received = upstream.requests.slice(before).map(readReceived);
        expect(received).toHaveLength(3);
        expect(received[2]).toMatchObject({
          calls,
          results: [
            { id: 'call_0', text: 'weather of Oslo' },
            { id: 'call_1', text: 'weather of Rome' },
          ],
        });
      });

      it('gets a lasting 429 as an error, after no more tries than it makes by itself', async () => {
        const upstream = stage.upstreams[behind];
        const before = upstream.requests.length;
        upstream.respond(behind === 'openai-chat' ? openaiError(429) : anthropicError(429, 'rate_limit_error'));

        expect(await run(library, 'plain', model)).toMatchObject({ error: expect.stringContaining('RateLimit') });
        expect(upstream.requests.length - before).toBeLessThanOrEqual(9);
      });

      it('gets an error, not silence, from a provider that dies in mid-stream', async () => {
        stage.upstreams[behind].respond(begin('The beginning of a', { then: 'reset' }));

        const got = await run(library, 'stream', model);

        expect(got.error, JSON.stringify(got)).toEqual(expect.any(String));
      });
    });

    it.each(['openai', 'litellm', 'llama-index'] as const)('%s embeds texts', async (library) => {
      stage.upstreams['openai-chat'].respond(answerEmbeddings('both'));

      expect(await run(library, 'embeddings', embeddingModel)).toEqual({ vectors });
    });

    it('llama-index with its defaults asks for a text completion', async () => {
      stage.upstreams['openai-chat'].respond(say({ text: 'there was' }));

      expect(await run('llama-index', 'completion', modelBehind['openai-chat'])).toEqual({ text: 'there was' });
    });
  },
);

interface Program {
  run(what: string, model: string): Promise<JsonObject>;
  stop(): void;
}

/** A process for each library: importing one takes longer than all its calls. */
async function startProgram(library: Library, stage: Stage): Promise<Program> {
  const home = tempDir('python');
  const nobody = `http://127.0.0.1:${await freePort()}`;
  const child = spawn(python, [join(import.meta.dirname, 'clients.py'), library, stage.gateway.url, stage.key], {
    cwd: home,
    env: {
      PATH: '/usr/bin:/bin',
      HOME: home,
      // Without it the library waits for a download of prices.
      LITELLM_LOCAL_MODEL_COST_MAP: 'True',
      HTTP_PROXY: nobody,
      HTTPS_PROXY: nobody,
      NO_PROXY: '127.0.0.1,localhost',
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async run(what, model) {
      child.stdin.write(`${JSON.stringify([what, model])}\n`);
      for (;;) {
        const { value, done } = await lines.next();
        if (done === true) throw new Error(`the Python process ended: ${errors.slice(-2_000)}`);
        // What libraries print by themselves has no mark.
        if (value.startsWith('>')) return asObject(parseJson(value.slice(1))) ?? {};
      }
    },
    stop: () => child.kill('SIGKILL'),
  };
}
