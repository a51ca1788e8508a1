// A real LiteLLM proxy as a process, with mock models of its own and one model behind a scripted provider.
import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../support/free-port.ts';
import { tempDir } from '../../support/temp-dir.ts';

export const masterKey = 'sk-litellm-master';
export const mockText = 'Said by the mock of the proxy';

export interface Proxy {
  readonly url: string;
  stop(): Promise<void>;
}

const startLimitMs = 90_000;

/** The installed environment, or why there is none. `npm run clients` finds and installs it. */
export const venv: string | undefined = process.env.MPC_LITELLM;
export const noLitellm: string | undefined =
  venv !== undefined && existsSync(join(venv, 'bin', 'litellm'))
    ? undefined
    : (process.env.MPC_LITELLM_MISSING ?? 'MPC_LITELLM names no environment');

/** Resolves when it is ready to serve. `behind` is the scripted provider of `behind-us`. */
export async function startProxy(behind: string): Promise<Proxy> {
  const folder = tempDir('litellm');
  const config = join(folder, 'config.yaml');
  // JSON is YAML.
  writeFileSync(config, JSON.stringify(configOf(behind)));
  const port = await freePort();
  const nobody = `http://127.0.0.1:${await freePort()}`;
  const child = spawn(join(venv ?? '', 'bin', 'litellm'), ['--config', config, '--host', '127.0.0.1', '--port', String(port)], {
    cwd: folder,
    env: {
      PATH: '/usr/bin:/bin',
      HOME: folder,
      // Without it the start waits for a download of prices.
      LITELLM_LOCAL_MODEL_COST_MAP: 'True',
      LITELLM_LOG: 'ERROR',
      HTTP_PROXY: nobody,
      HTTPS_PROXY: nobody,
      NO_PROXY: '127.0.0.1,localhost',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  for (const deadlineMs = performance.now() + startLimitMs; ; await delay(250)) {
    const answer = await fetch(`${url}/health/readiness`).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.status === 200) break;
    if (child.exitCode !== null || performance.now() > deadlineMs) {
      child.kill('SIGKILL');
      throw new Error(`the LiteLLM proxy did not start:\n${output.slice(-3_000)}`);
    }
  }
  return {
    url,
    async stop() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function configOf(behind: string): object {
  const mock = (name: string): object => ({
    model_name: name,
    litellm_params: { model: `openai/${name.replace(/^.*\//, '')}`, api_key: 'none', mock_response: mockText },
  });
  return {
    model_list: [
      mock('house-mock'),
      // One under the bare id, one under `provider/model`: both are usual, and the proxy accepts each as it is written only.
      mock('gpt-4o'),
      mock('anthropic/claude-sonnet-4-5'),
      { model_name: 'behind-us', litellm_params: { model: 'openai/real-model', api_base: behind, api_key: 'sk-behind-litellm' } },
    ],
    general_settings: { master_key: masterKey },
    litellm_settings: { num_retries: 0, telemetry: false },
    router_settings: { num_retries: 0, disable_cooldowns: true },
  };
}
