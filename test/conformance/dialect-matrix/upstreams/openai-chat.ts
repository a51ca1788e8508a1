// An upstream of OpenAI's chat completions, by hand from the vendor's reference.
import type { Any, Wire } from '../clients/index.ts';
import { type Answer, inputTokens, outputTokens, RequestFacts } from '../scenarios.ts';
import { data, type Frame, halves, parse, readFunctionTools, readLimits, readParts, readSchema, type Upstream } from './upstream.ts';

const openaiUsage = (answer: Answer): Wire => ({
  prompt_tokens: inputTokens,
  completion_tokens: outputTokens,
  total_tokens: inputTokens + outputTokens,
  prompt_tokens_details: { cached_tokens: answer.cachedInput ?? 0 },
});
const openaiEnds = { stop: 'stop', length: 'length', tools: 'tool_calls', refused: 'stop' } as const;

export const chatUpstream: Upstream = {
  target: { model: 'gpt-x', traits: ['max-completion-tokens'] },
  readRequest(wire) {
    const body = wire as Any;
    const facts = new RequestFacts();
    readFunctionTools(facts, body.tools);
    readSchema(facts, body.response_format?.json_schema?.schema);
    readLimits(facts, { stop: body.stop, most: body.max_completion_tokens, reasons: body.reasoning_effort });
    for (const message of body.messages) {
      if (message.role === 'tool') facts.result(message.tool_call_id, message.content);
      else readParts(facts, message.role, message.content);
      for (const call of message.tool_calls ?? []) facts.call(call.id, call.function.name, parse(call.function.arguments));
    }
    return facts.list;
  },
  answer: (answer) => ({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_767_225_600,
    model: 'gpt-x',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: answer.end === 'refused' ? null : (answer.text ?? null),
          refusal: answer.end === 'refused' ? answer.text : null,
          ...(answer.thought !== undefined && { reasoning_content: answer.thought }),
          ...(answer.calls !== undefined && {
            tool_calls: answer.calls.map(({ id, name, input }) => ({
              id,
              type: 'function',
              function: { name, arguments: JSON.stringify(input) },
            })),
          }),
        },
        finish_reason: openaiEnds[answer.end],
      },
    ],
    usage: openaiUsage(answer),
  }),
  stream(answer) {
    const chunk = (delta: Wire, finish: string | null = null): Frame =>
      data({
        id: 'chatcmpl-1',
        object: 'chat.completion.chunk',
        created: 1_767_225_600,
        model: 'gpt-x',
        choices: [{ index: 0, delta, finish_reason: finish }],
      });
    const spoken = answer.end === 'refused' ? 'refusal' : 'content';
    return [
      chunk({ role: 'assistant', content: '' }),
      ...(answer.thought === undefined ? [] : halves(answer.thought).map((piece) => chunk({ reasoning_content: piece }))),
      ...(answer.text === undefined ? [] : halves(answer.text).map((piece) => chunk({ [spoken]: piece }))),
      ...(answer.calls ?? []).flatMap(({ id, name, input }, index) => [
        chunk({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] }),
        ...halves(JSON.stringify(input)).map((piece) => chunk({ tool_calls: [{ index, function: { arguments: piece } }] })),
      ]),
      chunk({}, openaiEnds[answer.end]),
      data({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-x', choices: [], usage: openaiUsage(answer) }),
      { event: '', data: '[DONE]' },
    ];
  },
  error: ({ message }) => ({
    body: { error: { message, type: 'rate_limit_error', param: null, code: 'rate_limit_exceeded' } },
    headers: {},
  }),
};
