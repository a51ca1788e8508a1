// A program's adapter behind the dispatcher that the attempt loop calls: requests in, answers and streams out, both in OpenAI's chat.
import type { ChatRequest, ChatResponse, Message, Part } from '../canonical/chat.ts';
import { type Usage, usageFromTotals } from '../canonical/usage.ts';
import { GatewayError } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import { asObject, parseJson } from '../core/json.ts';
import { openaiChat } from '../dialects/openai-chat/index.ts';
import { encodeUsage } from '../dialects/openai-chat/usage.ts';
import type { AdapterAnswer, AdapterMessage, AdapterPart, AdapterRequest, AdapterUsage, ProviderAdapter } from '../providers/adapter.ts';
import { createInProcessDispatcher, type InProcessAnswer, type InProcessRequest } from '../transport/in-process.ts';
import { costMember } from './adapter-definition.ts';
import type { LLMError } from './llm-error.ts';

export function createAdapterDispatcher(adapter: ProviderAdapter): ReturnType<typeof createInProcessDispatcher> {
  return createInProcessDispatcher((request) => answer(adapter, request));
}

async function answer(adapter: ProviderAdapter, { path, body, signal }: InProcessRequest): Promise<InProcessAnswer> {
  if (!path.endsWith('/chat/completions')) return jsonAnswer(404, { error: { message: `the adapter ${adapter.id} only chats` } });
  const chat = openaiChat.decodeRequest(asObject(parseJson(body.toString())) ?? {});
  const request = toAdapterRequest(chat, signal);
  try {
    return chat.stream ? await stream(adapter, request) : await whole(adapter, request);
  } catch (thrown) {
    return failed(thrown, adapter);
  }
}

async function whole(adapter: ProviderAdapter, request: AdapterRequest): Promise<InProcessAnswer> {
  const answered = checkAnswer(await adapter.complete(request), adapter);
  const response: ChatResponse = {
    id: newId('chatcmpl'),
    model: request.model,
    created: 0,
    choices: [{ index: 0, parts: partsOf(answered), finish: answered.finishReason }],
  };
  const usage = answered.usage === undefined ? undefined : wireUsage(adapter, request.model, answered.usage);
  return jsonAnswer(200, { ...openaiChat.encodeResponse(response, []), ...(usage !== undefined && { usage }) });
}

/** The first part comes before the head: what fails until then is a status, and may be tried elsewhere. */
async function stream(adapter: ProviderAdapter, request: AdapterRequest): Promise<InProcessAnswer> {
  const parts = adapter.stream(request)[Symbol.asyncIterator]();
  const first = await parts.next();
  return { status: 200, headers: { 'content-type': 'text/event-stream' }, body: encodeParts(adapter, request, { parts, first }) };
}

async function* encodeParts(
  adapter: ProviderAdapter,
  request: AdapterRequest,
  { parts, first }: { readonly parts: AsyncIterator<AdapterPart>; readonly first: IteratorResult<AdapterPart> },
): AsyncGenerator<string> {
  const encoder = openaiChat.createEventEncoder({ model: request.model, includeUsage: false, warnings: [] });
  const id = newId('chatcmpl');
  let block = 0;
  let last: AdapterPart['type'] | undefined;
  yield encoder.push({ type: 'start', id, model: request.model, created: 0 });
  try {
    for (let step = first; step.done !== true; step = await parts.next()) {
      const part = step.value;
      if (last !== undefined && (last !== part.type || part.type === 'tool-call')) block += 1;
      last = part.type;
      switch (part.type) {
        case 'text':
          yield encoder.push({ type: 'text-delta', block, text: part.text });
          break;
        case 'reasoning':
          yield encoder.push({ type: 'reasoning-delta', block, text: part.text });
          break;
        case 'tool-call':
          yield encoder.push({ type: 'tool-call-start', block, id: part.toolCall.id, name: part.toolCall.name });
          yield encoder.push({ type: 'tool-call-delta', block, arguments: part.toolCall.arguments });
          break;
        case 'finish':
          yield encoder.push({ type: 'finish', reason: part.finishReason });
          if (part.usage !== undefined) {
            const usage = wireUsage(adapter, request.model, part.usage);
            yield `data: ${JSON.stringify({ id, object: 'chat.completion.chunk', created: 0, model: request.model, choices: [], usage })}\n\n`;
          }
          yield encoder.end();
          break;
      }
    }
  } finally {
    await parts.return?.();
  }
}

function checkAnswer(answered: AdapterAnswer, adapter: ProviderAdapter): AdapterAnswer {
  if (typeof (asObject(answered) as AdapterAnswer | undefined)?.text === 'string') return answered;
  throw new GatewayError('upstream_bad_reply', `the adapter ${adapter.id} answered something without a text`);
}

function partsOf({ text, reasoning, toolCalls }: AdapterAnswer): readonly Part[] {
  return [
    ...(reasoning === undefined ? [] : [{ type: 'reasoning', text: reasoning } as const]),
    ...(text === '' ? [] : [{ type: 'text', text } as const]),
    ...(toolCalls ?? []).map((call) => ({ type: 'tool-call', ...call }) as const),
  ];
}

function wireUsage(adapter: ProviderAdapter, model: string, used: AdapterUsage): object {
  const usage: Usage = usageFromTotals({
    inputTotal: used.promptTokens,
    outputTotal: used.completionTokens,
    ...(used.cachedTokens !== undefined && { cachedInput: used.cachedTokens }),
    ...(used.reasoningTokens !== undefined && { reasoning: used.reasoningTokens }),
  });
  const usd = adapter.calculateCost(used, model);
  return { ...encodeUsage(usage), ...(usd !== undefined && Number.isFinite(usd) && usd >= 0 && { [costMember]: Math.round(usd * 1e9) }) };
}

/** An adapter tells why it failed by an error with an HTTP `status`; without one it is a failure of the provider. */
function failed(thrown: unknown, adapter: ProviderAdapter): InProcessAnswer {
  const { status, retryAfterMs, message } = (thrown instanceof Error ? thrown : {}) as Partial<LLMError>;
  const told = typeof status === 'number' && status >= 400 && status <= 599;
  const retryAfter = typeof retryAfterMs === 'number' ? { 'retry-after-ms': String(Math.ceil(retryAfterMs)) } : undefined;
  return jsonAnswer(
    told ? status : 500,
    { error: { message: message ?? `the adapter ${adapter.id} failed`, type: 'api_error' } },
    retryAfter,
  );
}

function jsonAnswer(status: number, json: object, headers: Readonly<Record<string, string>> = {}): InProcessAnswer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(json) };
}

function toAdapterRequest(chat: ChatRequest, signal: AbortSignal): AdapterRequest {
  const { maxOutputTokens, temperature, topP, stop, seed, tools, output } = chat;
  return {
    model: chat.model,
    messages: chat.messages.flatMap(toAdapterMessages),
    signal,
    ...(tools !== undefined && {
      tools: tools.map(({ name, description, parameters }) => ({
        name,
        ...(description !== undefined && { description }),
        ...(parameters !== undefined && { parameters }),
      })),
    }),
    ...(maxOutputTokens !== undefined && { maxTokens: maxOutputTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(stop !== undefined && { stop }),
    ...(seed !== undefined && { seed }),
    ...(output?.kind === 'json-schema' && { schema: output.schema }),
  };
}

function toAdapterMessages(message: Message): readonly AdapterMessage[] {
  const results = message.parts.filter((part) => part.type === 'tool-result');
  if (results.length > 0) {
    return results.map((result) => ({ role: 'tool', text: textOf(result.parts), toolCallId: result.callId }));
  }
  const images = message.parts.filter((part) => part.type === 'image').map(({ source }) => ({ url: urlOf(source) }));
  const toolCalls = message.parts
    .filter((part) => part.type === 'tool-call')
    .map(({ id, name, arguments: written }) => ({ id, name, arguments: written }));
  return [
    {
      role: message.role,
      text: textOf(message.parts),
      ...(images.length > 0 && { images }),
      ...(toolCalls.length > 0 && { toolCalls }),
    },
  ];
}

function textOf(parts: readonly Part[]): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

function urlOf(source: Extract<Part, { type: 'image' }>['source']): string {
  if (source.kind === 'url') return source.url;
  return source.kind === 'base64' ? `data:${source.mediaType};base64,${source.data}` : source.id;
}
