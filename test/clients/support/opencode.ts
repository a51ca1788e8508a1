// The opencode command-line agent.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { runAgent, type Session } from './run-agent.ts';

export interface Prompt {
  readonly text: string;
  /** The provider package built into the binary: it decides which dialect the agent speaks. */
  readonly npm: '@ai-sdk/openai-compatible' | '@ai-sdk/anthropic';
  /** Of the gateway, without a path. */
  readonly url: string;
  readonly apiKey: string;
  readonly model: string;
}

const binary = join(import.meta.dirname, '../node_modules/opencode-ai/bin/opencode.exe');

/** Why it cannot be run here; undefined when it can. The package's own script puts the binary in place of a small stub. */
export const noOpencode: string | undefined = isBinary() ? undefined : 'opencode-ai has no binary for this machine';

function isBinary(): boolean {
  const stats = statSync(binary, { throwIfNoEntry: false });
  return stats !== undefined && stats.size > 1_000_000;
}

/** `opencode run TEXT`; rejects when it does not end. */
export function runOpencode({ text, npm, url, apiKey, model }: Prompt): Promise<Session> {
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
  return runAgent({
    name: 'opencode',
    command: [binary, 'run', text, '-m', `mpc/${model}`, '--print-logs', '--log-level', 'ERROR'],
    env: {
      MPC_KEY: apiKey,
      OPENCODE_DISABLE_MODELS_FETCH: '1',
      OPENCODE_DISABLE_AUTOUPDATE: '1',
      OPENCODE_DISABLE_SHARE: '1',
    },
    workFiles: { 'opencode.json': JSON.stringify(config) },
  });
}
