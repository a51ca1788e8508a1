// The opencode command-line agent in a folder and a home of its own, cut off from everything but loopback.
import { spawn } from 'node:child_process';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../support/free-port.ts';
import { tempDir } from '../../support/temp-dir.ts';

export interface Prompt {
  readonly text: string;
  /** The provider package built into the binary: it decides which dialect the agent speaks. */
  readonly npm: '@ai-sdk/openai-compatible' | '@ai-sdk/anthropic';
  /** Of the gateway, without a path. */
  readonly url: string;
  readonly apiKey: string;
  readonly model: string;
}

export interface Session {
  readonly exitCode: number | null;
  readonly out: string;
  readonly err: string;
  /** Where the agent's tools ran. */
  readonly folder: string;
}

const binary = join(import.meta.dirname, '../node_modules/opencode-ai/bin/opencode.exe');
const limitMs = 60_000;

/** Why it cannot be run here; undefined when it can. The package's own script puts the binary in place of a small stub. */
export const noOpencode: string | undefined = isBinary() ? undefined : 'opencode-ai has no binary for this machine';

function isBinary(): boolean {
  const stats = statSync(binary, { throwIfNoEntry: false });
  return stats !== undefined && stats.size > 1_000_000;
}

/** `opencode run TEXT`; rejects when it does not end. */
export async function runOpencode({ text, npm, url, apiKey, model }: Prompt): Promise<Session> {
  const folder = tempDir('opencode');
  const home = join(folder, 'home');
  const work = join(folder, 'work');
  for (const made of [home, work]) mkdirSync(made);
  const config = {
    $schema: 'https://opencode.ai/config.json',
    model: `mpc/${model}`,
    small_model: `mpc/${model}`,
    share: 'disabled',
    autoupdate: false,
    permission: { bash: 'allow' },
    provider: {
      mpc: {
        npm,
        name: 'MPC-API',
        options: { baseURL: `${url}/v1`, apiKey: '{env:MPC_KEY}' },
        models: { [model]: { name: 'The model', tool_call: true, limit: { context: 128_000, output: 8_192 } } },
      },
    },
  };
  writeFileSync(join(work, 'opencode.json'), JSON.stringify(config));

  const nobody = `http://127.0.0.1:${await freePort()}`;
  const child = spawn(binary, ['run', text, '-m', `mpc/${model}`, '--print-logs', '--log-level', 'ERROR'], {
    cwd: work,
    env: {
      PATH: '/usr/bin:/bin',
      HOME: home,
      MPC_KEY: apiKey,
      OPENCODE_DISABLE_MODELS_FETCH: '1',
      OPENCODE_DISABLE_AUTOUPDATE: '1',
      OPENCODE_DISABLE_SHARE: '1',
      HTTP_PROXY: nobody,
      HTTPS_PROXY: nobody,
      NO_PROXY: '127.0.0.1,localhost',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const streams = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    streams.out += piece;
  });
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    streams.err += piece;
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  clearTimeout(timer);
  if (child.signalCode !== null) throw new Error(`opencode did not end within ${limitMs} ms:\n${streams.out}\n${streams.err}`);
  return { exitCode, ...streams, folder: work };
}
