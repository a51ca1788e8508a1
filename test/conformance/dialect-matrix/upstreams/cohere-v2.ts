// An upstream of Cohere's chat, version 2, by hand from the vendor's reference.
import type { Any, Wire } from '../clients/index.ts';
import { type Answer, inputTokens, outputTokens, RequestFacts } from '../scenarios.ts';
import { type Frame, halves, parse, readFunctionTools, readLimits, readParts, readSchema, typed, type Upstream } from './upstream.ts';

const cohereEnds = { stop: 'COMPLETE', length: 'MAX_TOKENS', tools: 'TOOL_CALL', refused: 'COMPLETE' } as const;
const cohereUsage = (answer: Answer): Wire => ({
  billed_units: { input_tokens: inputTokens - 100, output_tokens: outputTokens },
  tokens: { input_tokens: inputTokens, output_tokens: outputTokens },
  cached_tokens: answer.cachedInput ?? 0,
});

export const cohereUpstream: Upstream = {
  target: { model: 'command-x', traits: [] },
  lacks: ['refused'],
  readRequest(wire) {
    const body = wire as Any;
    const facts = new RequestFacts();
    readFunctionTools(facts, body.tools);
    readSchema(facts, body.response_format?.json_schema);
    readLimits(facts, { stop: body.stop_sequences, most: body.max_tokens, reasons: body.thinking });
    for (const message of body.messages) {
      if (message.role === 'tool') facts.result(message.tool_call_id, message.content);
      else readParts(facts, message.role, message.content);
      for (const call of message.tool_calls ?? []) facts.call(call.id, call.function.name, parse(call.function.arguments));
    }
    return facts.list;
  },
  answer: (answer) => ({
    id: 'co-1',
    finish_reason: cohereEnds[answer.end],
    message: {
      role: 'assistant',
      content: [
        ...(answer.thought === undefined ? [] : [{ type: 'thinking', thinking: answer.thought }]),
        ...(answer.text === undefined ? [] : [{ type: 'text', text: answer.text }]),
      ],
      ...(answer.calls !== undefined && {
        tool_calls: answer.calls.map(({ id, name, input }) => ({
          id,
          type: 'function',
          function: { name, arguments: JSON.stringify(input) },
        })),
      }),
    },
    usage: cohereUsage(answer),
  }),
  stream(answer) {
    const frames: Frame[] = [typed({ type: 'message-start', id: 'co-1', delta: { message: { role: 'assistant' } } })];
    let index = -1;
    const block = (kind: 'text' | 'thinking', text: string): void => {
      index += 1;
      const say = (type: string, content: Wire): Frame => typed({ type, index, delta: { message: { content } } });
      frames.push(say('content-start', { type: kind, [kind]: '' }));
      frames.push(...halves(text).map((piece) => say('content-delta', { [kind]: piece })));
      frames.push(typed({ type: 'content-end', index }));
    };
    if (answer.thought !== undefined) block('thinking', answer.thought);
    if (answer.text !== undefined) block('text', answer.text);
    for (const [at, { id, name, input }] of (answer.calls ?? []).entries()) {
      const say = (type: string, call: Wire): Frame => typed({ type, index: at, delta: { message: { tool_calls: call } } });
      frames.push(say('tool-call-start', { id, type: 'function', function: { name, arguments: '' } }));
      frames.push(...halves(JSON.stringify(input)).map((piece) => say('tool-call-delta', { function: { arguments: piece } })));
      frames.push(typed({ type: 'tool-call-end', index: at }));
    }
    frames.push(typed({ type: 'message-end', delta: { finish_reason: cohereEnds[answer.end], usage: cohereUsage(answer) } }));
    return frames;
  },
  error: ({ message }) => ({ body: { id: 'err-1', message }, headers: {} }),
};
