// A configured connection as an adapter: the declared provider with its account, by the seven methods that adapters have.
import { inputTotal, outputTotal, usageFromTotals } from '../canonical/usage.ts';
import { GatewayError } from '../core/errors.ts';
import type { JsonValue } from '../core/json.ts';
import type { GatewayParts } from '../gateway/parts.ts';
import { costOf } from '../ledger/cost.ts';
import type { AdapterAnswer, AdapterPart, AdapterRequest, AdapterUsage, ProviderAdapter } from '../providers/adapter.ts';
import { listModels } from '../routing/list-models.ts';
import type { Upstream } from '../routing/upstream.ts';
import { AnswerBuilder } from './answer-builder.ts';
import { toLLMError } from './llm-error.ts';
import { loadModel } from './models.ts';
import type { ChatMessage, Content, GenerateRequest } from './request.ts';
import type { GenerateResult, StreamPart } from './result.ts';

export interface AdapterCalls {
  readonly parts: GatewayParts;
  readonly generate: (request: GenerateRequest) => Promise<GenerateResult>;
  readonly stream: (request: GenerateRequest) => AsyncIterable<StreamPart>;
}

export function createConnectionAdapter(id: string, calls: AdapterCalls): ProviderAdapter {
  const { parts } = calls;
  const upstream = parts.upstreams.get(id);
  if (upstream === undefined) {
    const known = [...parts.upstreams.keys()].join(', ');
    throw toLLMError(
      new GatewayError('model_not_configured', `this router has no connection "${id}"; it has ${known === '' ? 'none' : known}`),
    );
  }
  const { definition } = upstream;
  const toRequest = (request: AdapterRequest): GenerateRequest => ({ ...toGenerateRequest(request), model: `${id}/${request.model}` });

  return {
    id,
    name: definition.name,
    async load(model) {
      await typed(() => loadModel(`${id}/${model}`, parts));
    },
    async complete(request) {
      return toAnswer(await calls.generate(toRequest(request)));
    },
    async *stream(request) {
      for await (const part of calls.stream(toRequest(request))) yield toPart(part);
    },
    getHeaders: () => headersOf(upstream),
    parseResponse: (body) => parseAnswer(body, upstream, parts),
    calculateCost: (usage, model) => costInUsd(usage, `${definition.id}/${model}`, parts),
    listModels: () => typed(async () => (await listModels(upstream, parts.clock)) ?? []),
  };
}

async function typed<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (thrown) {
    throw toLLMError(thrown);
  }
}

function headersOf(upstream: Upstream): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (let i = 0; i + 1 < upstream.headers.length; i += 2) headers[upstream.headers[i] ?? ''] = upstream.headers[i + 1] ?? '';
  return headers;
}

function parseAnswer(body: unknown, { definition }: Upstream, parts: GatewayParts): AdapterAnswer {
  const [endpoint] = definition.chat;
  if (endpoint === undefined) throw toLLMError(new GatewayError('unsupported_capability', `${definition.name} does not chat`));
  try {
    const response = parts.dialectOf(endpoint.dialect).decodeResponse(body as JsonValue);
    const built = AnswerBuilder.of(response);
    return {
      text: built.text,
      finishReason: narrowFinish(built.finish ?? 'stop'),
      ...(built.reasoning !== '' && { reasoning: built.reasoning }),
      ...(built.toolCalls().length > 0 && { toolCalls: built.toolCalls() }),
      ...(response.usage !== undefined && {
        usage: {
          promptTokens: inputTotal(response.usage),
          completionTokens: outputTotal(response.usage),
          cachedTokens: response.usage.cachedInput,
          reasoningTokens: response.usage.reasoning,
        },
      }),
    };
  } catch (thrown) {
    throw toLLMError(thrown);
  }
}

function costInUsd(usage: AdapterUsage, name: string, { catalog }: GatewayParts): number | undefined {
  const found = catalog.find(name);
  const [offer] = found.kind === 'none' ? [] : found.offers;
  const counted = usageFromTotals({
    inputTotal: usage.promptTokens,
    outputTotal: usage.completionTokens,
    ...(usage.cachedTokens !== undefined && { cachedInput: usage.cachedTokens }),
    ...(usage.reasoningTokens !== undefined && { reasoning: usage.reasoningTokens }),
  });
  const { costNanoUsd } = costOf(counted, offer?.price);
  return costNanoUsd === null ? undefined : costNanoUsd / 1e9;
}

function toGenerateRequest(request: AdapterRequest): GenerateRequest {
  const { messages, tools, maxTokens, temperature, topP, stop, seed, schema, signal } = request;
  return {
    messages: messages.map(toMessage),
    ...(tools !== undefined && {
      tools: tools.map((tool) => ({
        name: tool.name,
        ...(tool.description !== undefined && { description: tool.description }),
        ...(tool.parameters !== undefined && { parameters: tool.parameters as { readonly type?: string } }),
      })),
    }),
    ...(maxTokens !== undefined && { maxTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(stop !== undefined && { stop }),
    ...(seed !== undefined && { seed }),
    ...(schema !== undefined && { schema: schema as { readonly type?: string } }),
    ...(signal !== undefined && { signal }),
  };
}

function toMessage({ role, text, images, toolCalls, toolCallId }: AdapterRequest['messages'][number]): ChatMessage {
  if (role === 'tool') return { role, toolCallId: toolCallId ?? '', content: text };
  if (role === 'assistant') return { role, content: text, ...(toolCalls !== undefined && { toolCalls }) };
  const shown: Content[] = (images ?? []).map(({ url }) => ({ type: 'image', url }));
  return { role, content: shown.length === 0 ? text : [{ type: 'text', text }, ...shown] };
}

function toAnswer(result: GenerateResult): AdapterAnswer {
  const { text, reasoning, toolCalls, usage } = result;
  return {
    text,
    finishReason: narrowFinish(result.finishReason),
    usage: {
      promptTokens: usage.promptTokens,
      completionTokens: usage.completionTokens,
      cachedTokens: usage.cachedTokens,
      reasoningTokens: usage.reasoningTokens,
    },
    ...(reasoning !== '' && { reasoning }),
    ...(toolCalls.length > 0 && {
      toolCalls: toolCalls.map(({ id, name, argumentsText }) => ({ id, name, arguments: argumentsText })),
    }),
  };
}

function toPart(part: StreamPart): AdapterPart {
  switch (part.type) {
    case 'text':
    case 'reasoning':
      return { type: part.type, text: part.text };
    case 'tool-call': {
      const { id, name, argumentsText } = part.toolCall;
      return { type: 'tool-call', toolCall: { id, name, arguments: argumentsText } };
    }
    case 'finish': {
      const { finishReason, usage } = toAnswer(part.result);
      return { type: 'finish', finishReason, ...(usage !== undefined && { usage }) };
    }
  }
}

function narrowFinish(finish: GenerateResult['finishReason']): AdapterAnswer['finishReason'] {
  switch (finish) {
    case 'stop':
    case 'length':
    case 'tool-calls':
    case 'content-filter':
      return finish;
    case 'refusal':
      return 'content-filter';
    case 'pause':
    case 'error':
      return 'stop';
  }
}
