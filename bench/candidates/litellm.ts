// The LiteLLM proxy from the Python registry, in a cached virtual environment outside the repository.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, plainEnvironment, startProcess, untilListening } from '../measure/child-process.ts';
import { cacheFolder } from './cache-folder.ts';
import { credentialLine } from '../wire/wire-dialect.ts';
import { type Candidate, passThrough } from './candidate.ts';

const version = '1.106.2';
const folder = join(cacheFolder(), `litellm-${version}`);
const command = join(folder, 'bin', 'litellm');

// It refuses to start without one; checking it costs it next to nothing, as no database is attached.
const masterKey = 'sk-bench-0Rk7vQ2mYt9LxWc4HdNp8Zb3';

// Anthropic clients reach OpenAI models through its Responses API unless told otherwise; the mock upstream has none.
function configuration(upstreamPort: number): string {
  const model = (name: string, target: string) =>
    `  - {model_name: ${name}, litellm_params: {model: ${target}, api_base: "${target.startsWith('anthropic') ? `http://127.0.0.1:${upstreamPort}` : `http://127.0.0.1:${upstreamPort}/v1`}", api_key: bench}}\n`;
  return `model_list:\n${model('gpt-4o', 'openai/gpt-4o')}${model('claude-sonnet-4-5', 'anthropic/claude-sonnet-4-5')}litellm_settings: {use_chat_completions_url_for_anthropic_messages: true}\ngeneral_settings: {master_key: ${masterKey}}\n`;
}

export const litellm: Candidate = {
  id: 'litellm',
  describe: () => `LiteLLM proxy ${version} (pip), one worker, no database, master key`,
  async prepare() {
    if (existsSync(command)) return undefined;
    mkdirSync(folder, { recursive: true });
    const made = spawnSync('python3', ['-m', 'venv', folder], { encoding: 'utf8' });
    if (made.status !== 0) return `no Python virtual environment: ${(made.stderr ?? made.error?.message ?? '').trim().slice(0, 200)}`;
    const pip = join(folder, 'bin', 'pip');
    const installed = spawnSync(pip, ['install', '--quiet', `litellm[proxy]==${version}`], { encoding: 'utf8', timeout: 600_000 });
    return existsSync(command) ? undefined : `pip could not install it: ${(installed.stderr ?? '').trim().slice(-200)}`;
  },
  takes: (route) => route,
  async start({ lab }) {
    const port = await freePort();
    const file = join(lab.folder, 'litellm.yaml');
    writeFileSync(file, configuration(lab.upstreamPort));
    const child = startProcess({
      command,
      args: ['--config', file, '--host', '127.0.0.1', '--port', String(port)],
      core: lab.cores?.candidate,
      cwd: lab.folder,
      // Without the local cost map it waits for a download before it listens.
      env: plainEnvironment({ LITELLM_LOCAL_MODEL_COST_MAP: 'True', LITELLM_LOG: 'ERROR' }),
      logFile: join(lab.folder, 'litellm.log'),
    });
    await untilListening({ child, port, timeoutMs: 120_000 });
    return {
      ...passThrough('litellm', { port, child }),
      credentials: (dialect) => [credentialLine(dialect, masterKey)],
    };
  },
};
