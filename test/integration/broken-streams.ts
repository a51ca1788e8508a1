// Providers that break off in the middle of a stream, and models that go on with what they are told was said.
import { anthropicFrames, openaiFrames, streamOf } from '../support/canned-replies.ts';
import type { SeenStream } from '../support/collect.ts';
import type { FakeUpstream, Reply, SeenRequest } from '../support/fake-upstream.ts';
import type { RunningGateway } from '../support/start-gateway.ts';
import { chatBody, messagesBody, open, start, startProvider } from './client.ts';

export const mistralModel = 'mistral/mistral-large-latest';
export const goOn = { 'x-mpc-continue': 'true' };
export const whole = 'one  two\nthree four five six';
export const words = 6;

export interface Stage {
  readonly gateway: RunningGateway;
  readonly openai: FakeUpstream;
  /** Two accounts each; the first is asked first. */
  readonly claude: readonly [FakeUpstream, FakeUpstream];
  readonly mistral: readonly [FakeUpstream, FakeUpstream];
}

export async function startStage(more = ''): Promise<Stage> {
  const [openai, claude1, claude2, mistral1, mistral2] = await Promise.all([1, 2, 3, 4, 5].map(() => startProvider()));
  const routing = more.includes('routing:') ? '' : "routing: {circuit_breaker: 'off'}";
  const yaml = `
${routing}
connections:
  - {id: openai, provider: openai, base_url: "${openai?.baseUrl}", api_key: sk-openai-0123456789}
  - {id: claude-1, provider: anthropic, base_url: "${claude1?.url}", api_key: sk-claude-0123456789, priority: 0}
  - {id: claude-2, provider: anthropic, base_url: "${claude2?.url}", api_key: sk-claude-0123456789, priority: 1}
  - {id: mistral-1, provider: mistral, base_url: "${mistral1?.baseUrl}", api_key: sk-mistral-0123456789, priority: 0}
  - {id: mistral-2, provider: mistral, base_url: "${mistral2?.baseUrl}", api_key: sk-mistral-0123456789, priority: 1}
${more}`;
  const gateway = await start({ yaml });
  return { gateway, openai, claude: [claude1, claude2], mistral: [mistral1, mistral2] } as Stage;
}

export interface Told {
  readonly messages: readonly { readonly role: string; readonly content: unknown; readonly prefix?: boolean }[];
  readonly max_tokens?: number;
}

/** The text at the end of a request, if it is the assistant's. */
export function toldBeginning(request: SeenRequest | undefined): string | undefined {
  const told = request?.json() as unknown as Told | undefined;
  const last = told?.messages.at(-1);
  if (last?.role !== 'assistant') return undefined;
  const { content } = last;
  return typeof content === 'string' ? content : (content as readonly { readonly text: string }[]).map(({ text }) => text).join('');
}

/** A model that goes on after what it was told, up to the end of `whole`; Mistral's say that again first. */
export const finishing =
  (stream: (text: string) => Reply, whole: string, repeats = false) =>
  (request: SeenRequest): Reply => {
    const told = toldBeginning(request) ?? '';
    return stream(repeats ? whole : whole.slice(told.length));
  };

export const openaiCut = (text: string, frames: number): Reply => streamOf(openaiFrames({ text, id: 'chatcmpl-first' }).slice(0, frames));
export const anthropicCut = (text: string, frames: number): Reply => streamOf(anthropicFrames({ text, id: 'msg_first' }).slice(0, frames));

export const streamed = { stream: true };
export const openChat = (stage: Stage, body: object): Promise<Response> =>
  open(stage.gateway, '/v1/chat/completions', { body: chatBody({ ...streamed, ...body }), headers: goOn });
export const openMessages = (stage: Stage, body: object): Promise<Response> =>
  open(stage.gateway, '/v1/messages', { body: messagesBody({ ...streamed, ...body }), headers: goOn });

export const lastData = (stream: SeenStream): string => stream.frames.at(-1)?.data ?? '';
