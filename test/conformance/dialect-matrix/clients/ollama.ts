// A client of Ollama's chat, by hand from the vendor's reference.
import type { Turn } from '../scenarios.ts';
import { type Any, type Client, nothing, openaiTools, toFacts, type Wire } from './client.ts';

export const ollamaClient: Client = {
  // No cache marks and no cached tokens; an answer with calls ends with stop.
  mute: /^(mark|cached )/,
  write(scenario, stream) {
    const turn = (one: Turn): Wire[] => {
      if (one.results !== undefined)
        return one.results.map(({ id, name, text }) => ({ role: 'tool', tool_call_id: id, tool_name: name, content: text }));
      const calls = one.calls?.map((call) => ({ id: call.id, function: { name: call.name, arguments: call.input } }));
      return [
        {
          role: one.role,
          content: one.text ?? '',
          ...(one.image !== undefined && { images: [one.image] }),
          ...(calls !== undefined && { tool_calls: calls }),
        },
      ];
    };
    return {
      model: 'm',
      messages: [...(scenario.system === undefined ? [] : [{ role: 'system', content: scenario.system }]), ...scenario.turns.flatMap(turn)],
      options: { num_predict: scenario.maxTokens ?? 4000, ...(scenario.stop !== undefined && { stop: scenario.stop }) },
      ...openaiTools(scenario),
      ...(scenario.schema !== undefined && { format: scenario.schema }),
      ...(scenario.reasons === true && { think: 'low' }),
      stream,
    };
  },
  readWhole: (body) => readOllama([body]),
  readStream: (text) =>
    readOllama(
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Any),
    ),
  readError: (body) => (body as Any).error,
};

function readOllama(lines: readonly Any[]): string[] {
  const seen = nothing();
  for (const line of lines) {
    seen.thought += line.message.thinking ?? '';
    seen.text += line.message.content;
    for (const call of line.message.tool_calls ?? []) {
      seen.calls.push({ id: call.id, name: call.function.name, input: JSON.stringify(call.function.arguments) });
    }
    if (line.done !== true) continue;
    seen.end = line.done_reason === 'stop' && seen.calls.length > 0 ? 'tools' : line.done_reason;
    seen.tokens = [line.prompt_eval_count, line.eval_count];
  }
  return toFacts(seen);
}
