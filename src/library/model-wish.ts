// A program's request → what the choice of a model needs to know of it.
import type { ChatRequest, Part } from '../canonical/chat.ts';
import { estimateTokens } from '../canonical/estimate.ts';
import type { ModelWish, Need, Strategy } from '../gateway/call.ts';
import type { GenerateRequest } from './request.ts';

export interface WishContext {
  readonly chat: ChatRequest;
  readonly fallbacks: readonly string[];
  readonly strategy: Strategy | undefined;
}

export function toModelWish(request: GenerateRequest, { chat, fallbacks, strategy }: WishContext): ModelWish {
  const constraints = constraintsOf(request, strategy);
  return {
    ...(request.model !== undefined && { name: request.model }),
    fallbacks,
    needs: needsOf(chat),
    contextTokens: estimateTokens(charsOf(chat)),
    ...(chat.maxOutputTokens !== undefined && { maxOutputTokens: chat.maxOutputTokens }),
    modality: 'text',
    constraints,
    hasConstraints: Object.keys(constraints).length > 0,
    promptText: () => lastUserText(chat),
  };
}

function constraintsOf(request: GenerateRequest, strategy: Strategy | undefined): ModelWish['constraints'] {
  const { task, domain, qualityTier, speedTier, maxLatencyMs, onlyProviders, exclude, region, maxCostUsd } = request;
  return {
    ...(task !== undefined && { task }),
    ...(domain !== undefined && { domain }),
    ...(qualityTier !== undefined && { qualityTier }),
    ...(speedTier !== undefined && { speedTier }),
    ...(maxLatencyMs !== undefined && { maxLatencyMs }),
    ...(onlyProviders !== undefined && { providers: onlyProviders }),
    ...(exclude !== undefined && { exclude }),
    ...(region !== undefined && { region }),
    ...(maxCostUsd !== undefined && { maxCostNanoUsd: Math.round(maxCostUsd * 1e9) }),
    ...(strategy !== undefined && { strategy }),
  };
}

function needsOf(chat: ChatRequest): readonly Need[] {
  const needs = new Set<Need>();
  if (chat.tools !== undefined) needs.add('tools');
  if (chat.output?.kind === 'json-schema') needs.add('json_schema');
  if (chat.output?.kind === 'json') needs.add('json_mode');
  for (const part of partsOf(chat)) {
    if (part.type === 'image') needs.add('vision');
    else if (part.type === 'audio') needs.add('audio');
    else if (part.type === 'file') needs.add('files');
  }
  return [...needs];
}

/** Of everything that is read as text; media have a price of their own and are left out. */
function charsOf(chat: ChatRequest): number {
  let chars = 0;
  for (const part of partsOf(chat)) {
    if (part.type === 'text' || part.type === 'reasoning' || part.type === 'refusal') chars += part.text.length;
    else if (part.type === 'tool-call') chars += part.name.length + part.arguments.length;
  }
  if (chat.tools !== undefined) chars += JSON.stringify(chat.tools).length;
  if (chat.output?.kind === 'json-schema') chars += JSON.stringify(chat.output.schema).length;
  return chars;
}

export function* partsOf(chat: ChatRequest): Generator<Part> {
  for (const message of chat.messages) {
    for (const part of message.parts) {
      yield part;
      if (part.type === 'tool-result') yield* part.parts;
    }
  }
}

function lastUserText(chat: ChatRequest): string {
  const last = chat.messages.findLast((message) => message.role === 'user');
  return (last?.parts ?? []).map((part) => (part.type === 'text' ? part.text : '')).join('\n');
}
