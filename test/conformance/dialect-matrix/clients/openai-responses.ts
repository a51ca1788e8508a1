// A client of OpenAI's Responses, by hand from the vendor's reference.
import type { Turn } from '../scenarios.ts';
import { type Any, type Client, type Collected, dataUrl, named, nothing, sseData, toFacts, type Wire } from './client.ts';

export const responsesClient: Client = {
  // No stop sequences, no cache marks.
  mute: /^(stop |mark)/,
  write(scenario, stream) {
    const turn = (one: Turn): Wire[] => {
      if (one.results !== undefined)
        return one.results.map((result) => ({ type: 'function_call_output', call_id: result.id, output: result.text }));
      const content = [
        ...(one.text === undefined ? [] : [{ type: one.role === 'assistant' ? 'output_text' : 'input_text', text: one.text }]),
        ...(one.image === undefined ? [] : [{ type: 'input_image', image_url: dataUrl(one.image) }]),
      ];
      return [
        ...(content.length === 0 ? [] : [{ type: 'message', role: one.role, content }]),
        ...(one.calls ?? []).map((call) => ({
          type: 'function_call',
          call_id: call.id,
          name: call.name,
          arguments: JSON.stringify(call.input),
        })),
      ];
    };
    return {
      model: 'm',
      input: scenario.turns.flatMap(turn),
      ...(scenario.system !== undefined && { instructions: scenario.system }),
      max_output_tokens: scenario.maxTokens ?? 4000,
      ...(scenario.tools !== undefined && { tools: scenario.tools.map((tool) => ({ type: 'function', ...tool })) }),
      ...(scenario.schema !== undefined && {
        text: { format: { type: 'json_schema', name: 'verdict', schema: scenario.schema, strict: true } },
      }),
      ...(scenario.reasons === true && { reasoning: { effort: 'low', summary: 'auto' } }),
      store: false,
      ...(stream && { stream: true }),
    };
  },
  readWhole: (body) => toFacts(readResponse(body)),
  readStream(text) {
    const events = sseData(text);
    const last = events.at(-1);
    const seen = nothing();
    const calls = new Map<number, { id: string; name: string; input: string }>();
    let refused = false;
    for (const event of events) {
      switch (event.type) {
        case 'response.output_text.delta':
          seen.text += event.delta;
          break;
        case 'response.refusal.delta':
          refused = true;
          seen.text += event.delta;
          break;
        case 'response.reasoning_summary_text.delta':
        case 'response.reasoning_text.delta':
          seen.thought += event.delta;
          break;
        case 'response.output_item.added':
          if (event.item.type === 'function_call')
            calls.set(event.output_index, { id: event.item.call_id, name: event.item.name, input: '' });
          break;
        case 'response.function_call_arguments.delta': {
          const call = calls.get(event.output_index);
          if (call !== undefined) call.input += event.delta;
          break;
        }
      }
    }
    seen.calls.push(...calls.values());
    const whole = readResponse(last.response);
    seen.end = refused ? 'refused' : whole.end;
    seen.tokens = whole.tokens;
    seen.cached = whole.cached;
    return toFacts(seen);
  },
  readError: (body) => (body as Any).error?.message,
};

function readResponse(body: Any): Collected {
  const seen = nothing();
  let refused = false;
  for (const item of body.output) {
    if (item.type === 'reasoning')
      seen.thought += [...(item.summary ?? []), ...(item.content ?? [])].map((part: Any) => part.text).join('');
    if (item.type === 'function_call') seen.calls.push({ id: item.call_id, ...named(item) });
    for (const part of item.type === 'message' ? item.content : []) {
      refused ||= part.type === 'refusal';
      seen.text += part.text ?? part.refusal;
    }
  }
  const reason = body.incomplete_details?.reason;
  seen.end =
    refused || reason === 'content_filter'
      ? 'refused'
      : reason === 'max_output_tokens'
        ? 'length'
        : seen.calls.length > 0
          ? 'tools'
          : 'stop';
  seen.tokens = [body.usage.input_tokens, body.usage.output_tokens];
  seen.cached = body.usage.input_tokens_details?.cached_tokens;
  return seen;
}
