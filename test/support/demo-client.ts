// Talks to the built-in simulator through undici's own `request`, as the transport talks to any upstream.
import { type Dispatcher, request } from 'undici';
import { parseJson } from '../../src/core/json.ts';
import { createDemoDispatcher, demoBaseUrl } from '../../src/providers/demo/index.ts';
import { fakeClock } from './fake-clock.ts';

export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
export const demo = (random = () => 0.5): Dispatcher => createDemoDispatcher({ clock: fakeClock(), random });
export const hello = { model: 'demo-fast', messages: [{ role: 'user', content: 'hello' }] };

export interface Seen {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly text: string;
}

export async function post(dispatcher: Dispatcher, path: string, body: object, headers: Record<string, string> = {}): Promise<Seen> {
  const answer = await request(`${demoBaseUrl}${path}`, { dispatcher, method: 'POST', body: JSON.stringify(body), headers });
  return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
}

/** The union of what the tests read, as if every field were there: a wrong guess fails the assertion. */
export interface Wire {
  readonly id: string;
  readonly type: string;
  readonly stop_reason: string;
  readonly choices: readonly [WireChoice, ...WireChoice[]];
  readonly content: readonly WireBlock[];
  readonly delta: WireBlock;
  readonly error: { readonly message: string; readonly type: string };
  readonly usage: {
    readonly completion_tokens: number;
    readonly prompt_tokens_details: { readonly cached_tokens: number };
    readonly completion_tokens_details: { readonly reasoning_tokens: number };
    readonly output_tokens_details: { readonly thinking_tokens: number };
  };
  readonly data: readonly { readonly id: string }[];
}
export interface WireChoice {
  readonly message: WireMessage;
  readonly delta: Partial<WireMessage>;
  readonly finish_reason: string | null;
}
export interface WireMessage {
  readonly role: string;
  readonly content: string;
  readonly reasoning_content?: string;
  readonly tool_calls?: readonly { readonly id: string; readonly function: { readonly name: string } }[];
}
export interface WireBlock {
  readonly type: string;
  readonly id: string;
  readonly text: string;
  readonly partial_json: string;
}

export const json = (seen: Seen): Wire => parseJson(seen.text) as unknown as Wire;
export const frames = (seen: Seen): Wire[] =>
  seen.text
    .split('\n\n')
    .flatMap((block) => block.split('\n').filter((line) => line.startsWith('data: {')))
    .map((line) => parseJson(line.slice(6)) as unknown as Wire);
export const streamed = (body: object): object => ({ ...body, stream: true });
export const anthropicHello = { ...hello, max_tokens: 1_000 };

/** A handler that records, for what undici's `request` hides. */
export function recorder(): Dispatcher.DispatchHandler & { log: string[]; bytes: number; controller?: Dispatcher.DispatchController } {
  const seen: ReturnType<typeof recorder> = {
    log: [],
    bytes: 0,
    onRequestStart(controller) {
      seen.controller = controller;
      seen.log.push('request');
    },
    onResponseStart(_controller, status) {
      seen.log.push(`head ${status}`);
    },
    onResponseData(_controller, chunk) {
      seen.bytes += chunk.length;
      seen.log.push('data');
    },
    onResponseEnd() {
      seen.log.push('end');
    },
    onResponseError(_controller, error) {
      seen.log.push(`error ${error.message}`);
    },
  };
  return seen;
}

export const dispatchOptions = (body: object): Dispatcher.DispatchOptions => ({
  origin: 'http://demo.invalid',
  path: '/v1/chat/completions',
  method: 'POST',
  body: JSON.stringify(body),
});
