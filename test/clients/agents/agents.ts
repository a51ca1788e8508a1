// How each command-line agent is pointed at the gateway: settings of its own documentation, and nothing else.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runAgent, type Session } from '../support/run-agent.ts';

export interface AgentPrompt {
  readonly text: string;
  /** Of the gateway, without a path. */
  readonly url: string;
  readonly apiKey: string;
  readonly model: string;
  readonly limitMs?: number;
  readonly signal?: AbortSignal;
}

export interface Agent {
  readonly name: string;
  /** The grammar it speaks, as the ledger calls it. */
  readonly dialect: 'openai-chat' | 'openai-responses' | 'anthropic-messages' | 'gemini';
  /** The call of its shell tool that runs this command. */
  shellCall(command: string): { readonly name: string; readonly arguments: Readonly<Record<string, string | number>> };
  /** One prompt, without anybody at the keyboard; rejects when it does not end. */
  run(prompt: AgentPrompt): Promise<Session>;
}

/** Where they are installed; `npm run clients` finds out and installs them. */
const folder = process.env.MPC_AGENTS;
export const noAgents: string | undefined =
  folder !== undefined && existsSync(join(folder, 'node_modules'))
    ? undefined
    : (process.env.MPC_AGENTS_MISSING ?? 'MPC_AGENTS names no folder they are installed in');

const inPackage = (...path: readonly string[]): string => join(folder ?? '', 'node_modules', ...path);

/** The script behind a bin of a package that is written in JavaScript. */
function scriptOf(packageName: string, bin: string): string {
  const { bin: bins } = JSON.parse(readFileSync(inPackage(packageName, 'package.json'), 'utf8')) as { bin: Record<string, string> };
  return inPackage(packageName, bins[bin] ?? '');
}

const platform = `${process.platform}-${process.arch}`;

const codex: Agent = {
  name: 'codex 0.169.0',
  dialect: 'openai-responses',
  shellCall: (command) => ({ name: 'exec_command', arguments: { cmd: command } }),
  run: ({ text, url, apiKey, model, ...more }) =>
    runAgent({
      name: 'codex',
      command: [
        process.execPath,
        scriptOf('@openai/codex', 'codex'),
        'exec',
        '--skip-git-repo-check',
        '--dangerously-bypass-approvals-and-sandbox',
        text,
      ],
      env: { MPC_KEY: apiKey },
      homeFiles: {
        '.codex/config.toml': [
          `model = "${model}"`,
          'model_provider = "mpc"',
          '[model_providers.mpc]',
          'name = "MPC-API"',
          `base_url = "${url}/v1"`,
          'env_key = "MPC_KEY"',
          'wire_api = "responses"',
        ].join('\n'),
      },
      ...more,
    }),
};

const claudeCode: Agent = {
  name: 'claude-code 2.1.329',
  dialect: 'anthropic-messages',
  shellCall: (command) => ({ name: 'Bash', arguments: { command, description: 'Writes a file' } }),
  run: ({ text, url, apiKey, model, ...more }) =>
    runAgent({
      name: 'claude-code',
      command: [inPackage('@anthropic-ai', `claude-code-${platform}`, 'claude'), '-p', text, '--allowedTools', 'Bash'],
      env: {
        ANTHROPIC_BASE_URL: url,
        ANTHROPIC_AUTH_TOKEN: apiKey,
        ANTHROPIC_MODEL: model,
        ANTHROPIC_DEFAULT_HAIKU_MODEL: model,
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
        DISABLE_AUTOUPDATER: '1',
      },
      ...more,
    }),
};

const geminiCli: Agent = {
  name: 'gemini-cli 0.61.0',
  dialect: 'gemini',
  shellCall: (command) => ({ name: 'run_shell_command', arguments: { command, description: 'Writes a file' } }),
  run: ({ text, url, apiKey, model, ...more }) =>
    runAgent({
      name: 'gemini-cli',
      command: [process.execPath, scriptOf('@google/gemini-cli', 'gemini'), '--yolo', '-m', model, '-p', text],
      env: { GOOGLE_GEMINI_BASE_URL: url, GEMINI_API_KEY: apiKey, GEMINI_CLI_TRUST_WORKSPACE: 'true' },
      homeFiles: { '.gemini/settings.json': JSON.stringify({ security: { auth: { selectedType: 'gemini-api-key' } } }) },
      ...more,
    }),
};

const qwenTypes = [
  ['openai', 'openai-chat', 'OPENAI', '/v1'],
  ['anthropic', 'anthropic-messages', 'ANTHROPIC', ''],
  ['gemini', 'gemini', 'GEMINI', ''],
] as const;

const qwenCodes: readonly Agent[] = qwenTypes.map(([authType, dialect, prefix, path]) => ({
  name: `qwen-code 0.24.4 (${authType})`,
  dialect,
  shellCall: (command) => ({ name: 'run_shell_command', arguments: { command, description: 'Writes a file', is_background: 'false' } }),
  run: ({ text, url, apiKey, model, ...more }) =>
    runAgent({
      name: 'qwen-code',
      command: [
        process.execPath,
        scriptOf('@qwen-code/qwen-code', 'qwen'),
        '--auth-type',
        authType,
        '--yolo',
        '--model',
        model,
        '-p',
        text,
      ],
      env: {
        ...(authType === 'gemini' && { GOOGLE_GEMINI_BASE_URL: url }),
        [`${prefix}_BASE_URL`]: `${url}${path}`,
        [`${prefix}_API_KEY`]: apiKey,
        [`${prefix}_MODEL`]: model,
      },
      ...more,
    }),
}));

export const agents: readonly Agent[] = [codex, claudeCode, geminiCli, ...qwenCodes];
