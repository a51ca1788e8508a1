// The response object around the output: SDKs read its members without looking, and most of them repeat the request.
import { systemClock } from '../../core/clock.ts';
import { newId } from '../../core/ids.ts';
import { asArray, asObject, isObject, type JsonObject } from '../../core/json.ts';

export interface EnvelopeOptions {
  readonly model: string;
  /** Unix seconds; 0 = now. */
  readonly created: number;
  /** The caller's request. */
  readonly callerBody?: JsonObject | undefined;
}

/**
 * Everything but status, output and usage. The id is made here and not taken from the provider: clients and our own store
 * continue a conversation by it, and not every provider's ids are unique.
 */
export function createEnvelope({ model, created, callerBody = {} }: EnvelopeOptions): JsonObject {
  const text = asObject(callerBody.text);
  const reasoning = asObject(callerBody.reasoning);
  return {
    id: newId('resp'),
    object: 'response',
    created_at: created > 0 ? created : Math.floor(systemClock.wallMs() / 1_000),
    status: 'in_progress',
    background: false,
    error: null,
    incomplete_details: null,
    instructions: callerBody.instructions ?? null,
    max_output_tokens: callerBody.max_output_tokens ?? null,
    max_tool_calls: null,
    model,
    output: [],
    parallel_tool_calls: callerBody.parallel_tool_calls ?? true,
    previous_response_id: callerBody.previous_response_id ?? null,
    prompt_cache_key: callerBody.prompt_cache_key ?? null,
    reasoning: { effort: reasoning?.effort ?? null, summary: reasoning?.summary ?? null },
    safety_identifier: callerBody.safety_identifier ?? null,
    service_tier: callerBody.service_tier ?? 'auto',
    store: callerBody.store ?? true,
    temperature: callerBody.temperature ?? 1,
    text: { format: asObject(text?.format) ?? { type: 'text' }, verbosity: text?.verbosity ?? 'medium' },
    tool_choice: callerBody.tool_choice ?? 'auto',
    tools: asArray(callerBody.tools) ?? [],
    top_logprobs: 0,
    top_p: callerBody.top_p ?? 1,
    truncation: 'disabled',
    usage: null,
    user: callerBody.user ?? null,
    metadata: asObject(callerBody.metadata) ?? {},
  };
}

/** Names of the tools that take free text: their calls are items of another type. */
export function freeTextTools(callerBody: JsonObject | undefined): ReadonlySet<string> {
  const names = new Set<string>();
  for (const tool of asArray(callerBody?.tools) ?? []) {
    if (isObject(tool) && tool.type === 'custom' && typeof tool.name === 'string') names.add(tool.name);
  }
  return names;
}
