// A client of OpenAI's chat completions, by hand from the vendor's reference.
import type { Turn } from '../scenarios.ts';
import { type Any, type Client, type Collected, dataUrl, named, nothing, openaiTools, sseData, toFacts, type Wire } from './client.ts';

const ends: Readonly<Record<string, string>> = { tool_calls: 'tools', content_filter: 'refused' };

export const chatClient: Client = {
  mute: /^$/,
  write(scenario, stream) {
    const mark = { cache_control: { type: 'ephemeral' } };
    const turn = (one: Turn): Wire[] => {
      if (one.results !== undefined) return one.results.map((result) => ({ role: 'tool', tool_call_id: result.id, content: result.text }));
      const parts = [
        ...(one.text === undefined ? [] : [{ type: 'text', text: one.text, ...(one.marked === true && mark) }]),
        ...(one.image === undefined ? [] : [{ type: 'image_url', image_url: { url: dataUrl(one.image) } }]),
      ];
      const calls = one.calls?.map((call) => ({
        id: call.id,
        type: 'function',
        function: { name: call.name, arguments: JSON.stringify(call.input) },
      }));
      return [{ role: one.role, content: parts.length === 0 ? null : parts, ...(calls !== undefined && { tool_calls: calls }) }];
    };
    const system = { role: 'system', content: [{ type: 'text', text: scenario.system, ...(scenario.markedSystem === true && mark) }] };
    return {
      model: 'm',
      messages: [...(scenario.system === undefined ? [] : [system]), ...scenario.turns.flatMap(turn)],
      max_tokens: scenario.maxTokens ?? 4000,
      ...openaiTools(scenario),
      ...(scenario.schema !== undefined && {
        response_format: { type: 'json_schema', json_schema: { name: 'verdict', schema: scenario.schema, strict: true } },
      }),
      ...(scenario.reasons === true && { reasoning_effort: 'low' }),
      ...(scenario.stop !== undefined && { stop: scenario.stop }),
      ...(stream && { stream: true, stream_options: { include_usage: true } }),
    };
  },
  readWhole(body) {
    const { choices, usage } = body as Any;
    const { message, finish_reason: finish } = choices[0];
    const seen = nothing();
    seen.thought = message.reasoning_content ?? '';
    seen.text = (message.content ?? '') + (message.refusal ?? '');
    seen.end = message.refusal ? 'refused' : (ends[finish] ?? finish);
    for (const call of message.tool_calls ?? []) seen.calls.push({ id: call.id, ...named(call.function) });
    chatUsage(seen, usage);
    return toFacts(seen);
  },
  readStream(text) {
    const seen = nothing();
    let refused = false;
    for (const chunk of sseData(text)) {
      if (chunk.usage) chatUsage(seen, chunk.usage);
      for (const { delta, finish_reason: finish } of chunk.choices) {
        seen.thought += delta.reasoning_content ?? '';
        seen.text += (delta.content ?? '') + (delta.refusal ?? '');
        refused ||= typeof delta.refusal === 'string';
        for (const call of delta.tool_calls ?? []) {
          const known = (seen.calls[call.index] ??= { id: call.id, name: call.function.name, input: '' });
          known.input += call.function.arguments;
        }
        if (finish) seen.end = refused ? 'refused' : (ends[finish] ?? finish);
      }
    }
    return toFacts(seen);
  },
  readError: (body) => (body as Any).error?.message,
};

function chatUsage(seen: Collected, usage: Any): void {
  seen.tokens = [usage.prompt_tokens, usage.completion_tokens];
  seen.cached = usage.prompt_tokens_details?.cached_tokens;
}
