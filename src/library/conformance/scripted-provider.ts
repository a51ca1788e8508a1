// A declared provider with a scripted upstream in place of its server: everything between the two is the real thing but the socket.
import type { ChatEvent, ChatResponse } from '../../canonical/chat.ts';
import { noUsage } from '../../canonical/usage.ts';
import type { ChatDialect } from '../../dialects/dialect.ts';
import { upstreamDialectOf } from '../../dialects/upstream-dialects.ts';
import type { ProviderAdapter } from '../../providers/adapter.ts';
import type { ProviderDefinition } from '../../providers/provider.ts';
import type { InProcessAnswer, InProcessRequest } from '../../transport/in-process.ts';
import { readConnections } from '../connections.ts';
import { createEngine } from '../engine.ts';
import { Traffic } from '../arrange.ts';
import { toLLMError } from '../llm-error.ts';
import type { ProviderAccount } from '../options.ts';
import type { GenerateRequest } from '../request.ts';
import type { GenerateResult, StreamPart } from '../result.ts';

export const secret = 'conformance-secret-0123456789';
export const sample = { text: 'one two three four', inputTokens: 11, outputTokens: 4 } as const;

export interface Scripted {
  readonly adapter: ProviderAdapter;
  readonly requests: InProcessRequest[];
}

export interface Script {
  readonly definition: ProviderDefinition;
  readonly account: ProviderAccount;
  readonly answer: (request: InProcessRequest) => InProcessAnswer | Promise<InProcessAnswer>;
}

export async function createScripted({ definition, account, answer }: Script): Promise<Scripted> {
  const requests: InProcessRequest[] = [];
  const own = new Map([[definition.id, { ...definition, builtIn: true, openEnded: true }]]);
  const options = { env: false, retry: 0, accounts: { [definition.id]: { apiKey: secret, ...account } } } as const;
  const engine = await createEngine({
    options,
    own,
    adapters: new Map(),
    strategy: 'quality-first',
    connections: readConnections(options, own),
    scripted(request) {
      requests.push(request);
      return Promise.resolve(answer(request));
    },
  });
  const call = { strategy: 'quality-first', traffic: new Traffic(), budget: undefined, fallbacks: [], observer: {} } as const;
  const adapter = engine.adapter(definition.id, {
    async generate(request: GenerateRequest): Promise<GenerateResult> {
      try {
        return await engine.call(request, { ...call, stream: false }).generate();
      } catch (thrown) {
        throw toLLMError(thrown);
      }
    },
    stream: (request: GenerateRequest): AsyncIterable<StreamPart> => engine.call(request, { ...call, stream: true }).stream(),
  });
  return { adapter, requests };
}

/** The grammar that the provider prefers, when this package can also write answers in it. */
export function writableDialect(definition: ProviderDefinition): ChatDialect | undefined {
  const [endpoint] = definition.chat;
  const dialect = endpoint === undefined ? undefined : upstreamDialectOf(endpoint.dialect);
  return dialect !== undefined && 'encodeResponse' in dialect ? (dialect as ChatDialect) : undefined;
}

const usage = { ...noUsage, input: sample.inputTokens, output: sample.outputTokens };

export function wholeAnswer(dialect: ChatDialect): InProcessAnswer {
  const response: ChatResponse = {
    id: 'answer-1',
    model: 'conformance',
    created: 1,
    choices: [{ index: 0, parts: [{ type: 'text', text: sample.text }], finish: 'stop' }],
    usage,
  };
  return jsonAnswer(200, dialect.encodeResponse(response, []));
}

export function jsonAnswer(status: number, json: object, headers: Readonly<Record<string, string>> = {}): InProcessAnswer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(json) };
}

/** The frames of a streamed answer, in the provider's grammar. */
export function streamFrames(dialect: ChatDialect): readonly string[] {
  const encoder = dialect.createEventEncoder({ model: 'conformance', includeUsage: true, warnings: [] });
  const words = sample.text.split(/(?<= )/);
  const events: readonly ChatEvent[] = [
    { type: 'start', id: 'answer-1', model: 'conformance', created: 1 },
    ...words.map((text): ChatEvent => ({ type: 'text-delta', block: 0, text })),
    { type: 'block-end', block: 0 },
    { type: 'finish', reason: 'stop' },
    { type: 'usage', usage },
  ];
  return [...events.map((event) => encoder.push(event)), encoder.end()].filter((frame) => frame !== '');
}

export function streamAnswer(pieces: readonly string[]): InProcessAnswer {
  return { status: 200, headers: { 'content-type': 'text/event-stream' }, body: toStream(pieces) };
}

async function* toStream(pieces: readonly string[]): AsyncGenerator<string> {
  yield* pieces;
}
