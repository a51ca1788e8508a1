// A client of Anthropic's Messages, by hand from the vendor's reference.
import type { Turn } from '../scenarios.ts';
import { type Any, type Client, type Collected, nothing, sseData, toFacts, type Wire } from './client.ts';

const anthropicEnds: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  tool_use: 'tools',
  refusal: 'refused',
};

export const messagesClient: Client = {
  mute: /^$/,
  write(scenario, stream) {
    const mark = { cache_control: { type: 'ephemeral' } };
    const turn = (one: Turn): Wire => ({
      role: one.role === 'assistant' ? 'assistant' : 'user',
      content: [
        ...(one.text === undefined ? [] : [{ type: 'text', text: one.text, ...(one.marked === true && mark) }]),
        ...(one.image === undefined ? [] : [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: one.image } }]),
        ...(one.calls ?? []).map((call) => ({ type: 'tool_use', id: call.id, name: call.name, input: call.input })),
        ...(one.results ?? []).map((result) => ({ type: 'tool_result', tool_use_id: result.id, content: result.text })),
      ],
    });
    const marked = scenario.markedSystem === true && mark;
    return {
      model: 'm',
      max_tokens: scenario.maxTokens ?? 4000,
      ...(scenario.system !== undefined && { system: [{ type: 'text', text: scenario.system, ...marked }] }),
      messages: scenario.turns.map(turn),
      ...(scenario.tools !== undefined && {
        tools: scenario.tools.map(({ parameters, ...tool }) => ({ ...tool, input_schema: parameters })),
      }),
      ...(scenario.schema !== undefined && { output_config: { format: { type: 'json_schema', schema: scenario.schema } } }),
      ...(scenario.reasons === true && { thinking: { type: 'enabled', budget_tokens: 2048 } }),
      ...(scenario.stop !== undefined && { stop_sequences: scenario.stop }),
      ...(stream && { stream: true }),
    };
  },
  readWhole(body) {
    const message = body as Any;
    const seen = nothing();
    for (const block of message.content) {
      seen.thought += block.thinking ?? '';
      seen.text += block.text ?? '';
      if (block.type === 'tool_use') seen.calls.push({ id: block.id, name: block.name, input: JSON.stringify(block.input) });
    }
    seen.end = anthropicEnds[message.stop_reason] ?? message.stop_reason;
    anthropicUsage(seen, message.usage);
    return toFacts(seen);
  },
  readStream(text) {
    const seen = nothing();
    for (const event of sseData(text)) {
      if (event.type === 'content_block_start' && event.content_block.type === 'tool_use') {
        seen.calls.push({ id: event.content_block.id, name: event.content_block.name, input: '' });
      }
      if (event.type === 'content_block_delta') {
        seen.thought += event.delta.thinking ?? '';
        seen.text += event.delta.text ?? '';
        const call = seen.calls.at(-1);
        if (event.delta.type === 'input_json_delta' && call !== undefined) call.input += event.delta.partial_json;
      }
      if (event.type === 'message_delta') {
        seen.end = anthropicEnds[event.delta.stop_reason] ?? event.delta.stop_reason;
        anthropicUsage(seen, event.usage);
      }
    }
    return toFacts(seen);
  },
  readError: (body) => (body as Any).error?.message,
};

function anthropicUsage(seen: Collected, usage: Any): void {
  seen.cached = usage.cache_read_input_tokens;
  seen.tokens = [usage.input_tokens + usage.cache_read_input_tokens + usage.cache_creation_input_tokens, usage.output_tokens];
}
