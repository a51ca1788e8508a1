// A client of Cohere's chat, version 2, by hand from the vendor's reference.
import type { Turn } from '../scenarios.ts';
import { type Any, type Client, type Collected, dataUrl, named, nothing, openaiTools, sseData, toFacts, type Wire } from './client.ts';

const cohereEnds: Readonly<Record<string, string>> = { COMPLETE: 'stop', STOP_SEQUENCE: 'stop', MAX_TOKENS: 'length', TOOL_CALL: 'tools' };

export const cohereClient: Client = {
  // No cache marks.
  mute: /^mark/,
  write(scenario, stream) {
    const turn = (one: Turn): Wire[] => {
      if (one.results !== undefined) return one.results.map((result) => ({ role: 'tool', tool_call_id: result.id, content: result.text }));
      if (one.calls !== undefined) {
        const calls = one.calls.map((call) => ({
          id: call.id,
          type: 'function',
          function: { name: call.name, arguments: JSON.stringify(call.input) },
        }));
        return [{ role: 'assistant', tool_calls: calls }];
      }
      const image = one.image === undefined ? [] : [{ type: 'image_url', image_url: { url: dataUrl(one.image) } }];
      return [{ role: one.role, content: [{ type: 'text', text: one.text }, ...image] }];
    };
    return {
      model: 'm',
      messages: [...(scenario.system === undefined ? [] : [{ role: 'system', content: scenario.system }]), ...scenario.turns.flatMap(turn)],
      max_tokens: scenario.maxTokens ?? 4000,
      ...openaiTools(scenario),
      ...(scenario.schema !== undefined && { response_format: { type: 'json_object', json_schema: scenario.schema } }),
      ...(scenario.reasons === true && { thinking: { type: 'enabled', token_budget: 2048 } }),
      ...(scenario.stop !== undefined && { stop_sequences: scenario.stop }),
      ...(stream && { stream: true }),
    };
  },
  readWhole(body) {
    const { message, finish_reason: finish, usage } = body as Any;
    const seen = nothing();
    for (const part of message.content ?? []) {
      seen.thought += part.thinking ?? '';
      seen.text += part.text ?? '';
    }
    for (const call of message.tool_calls ?? []) seen.calls.push({ id: call.id, ...named(call.function) });
    seen.end = cohereEnds[finish] ?? finish;
    cohereUsage(seen, usage);
    return toFacts(seen);
  },
  readStream(text) {
    const seen = nothing();
    for (const { type, index, delta } of sseData(text)) {
      if (type === 'content-delta') {
        seen.thought += delta.message.content.thinking ?? '';
        seen.text += delta.message.content.text ?? '';
      }
      if (type === 'tool-call-start') {
        const call = delta.message.tool_calls;
        seen.calls[index] = { id: call.id, ...named(call.function) };
      }
      if (type === 'tool-call-delta') {
        const call = seen.calls[index];
        if (call !== undefined) call.input += delta.message.tool_calls.function.arguments;
      }
      if (type === 'message-end') {
        seen.end = cohereEnds[delta.finish_reason] ?? delta.finish_reason;
        cohereUsage(seen, delta.usage);
      }
    }
    return toFacts(seen);
  },
  readError: (body) => (body as Any).message,
};

function cohereUsage(seen: Collected, usage: Any): void {
  seen.tokens = [usage.tokens.input_tokens, usage.tokens.output_tokens];
  seen.cached = usage.cached_tokens;
}
