// `mpc chat`: one prompt, or a conversation, with the running gateway; the answer appears as it is made.
import { createInterface } from 'node:readline/promises';
import { text as readAll } from 'node:stream/consumers';
import type { Command } from 'commander';
import { asArray, asObject, asString, type JsonObject, tryParseJson } from '../core/json.ts';
import type { GatewayClient } from '../transport/gateway-client.ts';
import { addGatewayOptions, connectGateway } from './connect-gateway.ts';
import { readCount, readNumber } from './read-options.ts';
import { isInteractive, printJson, printLine, printNote, printText, styled } from './terminal.ts';
import { UsageError } from './usage-error.ts';

interface ChatOptions {
  readonly model: string;
  readonly system?: string;
  readonly maxTokens?: string;
  readonly temperature?: string;
  readonly json?: true;
}

interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

const path = '/v1/chat/completions';

export function defineChat(program: Command): void {
  const command = addGatewayOptions(program.command('chat'))
    .description('send a prompt to the running gateway; without one, start a conversation')
    .argument('[prompt...]', 'the prompt; it is read from standard input when that is a pipe')
    .option('--model <name>', 'model, alias or provider id; "auto" lets the gateway choose', 'auto')
    .option('--system <text>', 'system prompt')
    .option('--max-tokens <n>', 'longest answer')
    .option('--temperature <n>', 'randomness')
    .option('--json', 'the whole answer as one JSON object, not streamed')
    .action((words: string[], options: ChatOptions) => chat(command, { words, options }));
}

async function chat(
  command: Command,
  { words, options }: { readonly words: readonly string[]; readonly options: ChatOptions },
): Promise<void> {
  const maxTokens = readCount('max-tokens', options.maxTokens);
  const temperature = readNumber('temperature', options.temperature);
  const request = {
    model: options.model,
    ...(maxTokens !== undefined && { max_tokens: maxTokens }),
    ...(temperature !== undefined && { temperature }),
  };
  const history: Message[] = options.system === undefined ? [] : [{ role: 'system', content: options.system }];
  const given = words.join(' ').trim();
  const prompt = given === '' && !isInteractive() ? (await readAll(process.stdin)).trim() : given;
  if (prompt === '' && (options.json === true || !isInteractive()))
    throw new UsageError('there is no prompt: write one after "mpc chat", or pipe one in');
  const gateway = await connectGateway(command);
  if (prompt === '') {
    await converse(gateway, { request, history });
    return;
  }
  const messages: readonly Message[] = [...history, { role: 'user', content: prompt }];
  if (options.json === true) printJson(asObject(await gateway.post(path, { ...request, messages })) ?? {});
  else await answer(gateway, { ...request, messages }, stopOnInterrupt());
}

interface Conversation {
  readonly request: object;
  readonly history: Message[];
}

async function converse(gateway: GatewayClient, { request, history }: Conversation): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  printNote('Type a message and press Enter; /new forgets the conversation, Ctrl-C stops an answer, Ctrl-D leaves.');
  const system = history.filter((message) => message.role === 'system');
  let messages: readonly Message[] = system;
  for (;;) {
    const line = await terminal.question(styled('cyan', '> ')).catch(() => undefined);
    if (line === undefined) break;
    if (line.trim() === '/new') messages = system;
    if (line.trim() === '' || line.trim() === '/new') continue;
    const asked: readonly Message[] = [...messages, { role: 'user', content: line }];
    const stop = new AbortController();
    const interrupt = (): void => stop.abort();
    terminal.once('SIGINT', interrupt);
    try {
      const content = await answer(gateway, { ...request, messages: asked }, stop.signal);
      messages = [...asked, { role: 'assistant', content }];
    } catch (error) {
      // One failed answer does not end a conversation; the question may simply be asked again.
      printNote(stop.signal.aborted ? '\n(stopped)' : `mpc: ${error instanceof Error ? error.message : String(error)}`);
    }
    terminal.off('SIGINT', interrupt);
  }
  terminal.close();
  printLine('');
}

/** Prints the answer as it comes and returns its text. */
async function answer(gateway: GatewayClient, body: object, signal: AbortSignal): Promise<string> {
  let content = '';
  let thinking = false;
  for await (const data of gateway.stream(path, { ...body, stream: true }, signal)) {
    const event = asObject(tryParseJson(data));
    failOnError(event);
    const delta = asObject(asObject(asArray(event?.['choices'])?.[0])?.['delta']);
    const reasoning = asString(delta?.['reasoning_content']) ?? '';
    const text = asString(delta?.['content']) ?? '';
    if (reasoning !== '') printText(styled('dim', reasoning));
    if (thinking && text !== '') printText('\n\n');
    thinking = text === '' && (thinking || reasoning !== '');
    printText(text);
    content += text;
  }
  printText('\n');
  return content;
}

function failOnError(event: JsonObject | undefined): void {
  const error = asObject(event?.['error']);
  if (error !== undefined) throw new Error(`the answer broke off: ${asString(error['message']) ?? 'no reason given'}`);
}

function stopOnInterrupt(): AbortSignal {
  const stop = new AbortController();
  process.once('SIGINT', () => {
    stop.abort();
    process.exitCode = 130;
  });
  return stop.signal;
}
