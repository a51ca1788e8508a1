// An upstream of OpenAI's Responses, by hand from the vendor's reference.
import type { Any, Wire } from '../clients/index.ts';
import { type Answer, inputTokens, outputTokens, RequestFacts } from '../scenarios.ts';
import { type Frame, halves, parse, readFunctionTools, readLimits, readParts, readSchema, typed, type Upstream } from './upstream.ts';

const responsesUsage = (answer: Answer): Wire => ({
  input_tokens: inputTokens,
  input_tokens_details: { cached_tokens: answer.cachedInput ?? 0 },
  output_tokens: outputTokens,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: inputTokens + outputTokens,
});

function responseItems(answer: Answer): Wire[] {
  const content =
    answer.end === 'refused' ? { type: 'refusal', refusal: answer.text } : { type: 'output_text', text: answer.text, annotations: [] };
  return [
    ...(answer.thought === undefined ? [] : [{ type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: answer.thought }] }]),
    ...(answer.text === undefined ? [] : [{ type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content: [content] }]),
    ...(answer.calls ?? []).map(({ id, name, input }) => ({
      type: 'function_call',
      id: `fc_${id}`,
      call_id: id,
      name,
      arguments: JSON.stringify(input),
      status: 'completed',
    })),
  ];
}

function responseBody(answer: Answer): Wire {
  const cut = answer.end === 'length';
  return {
    id: 'resp_1',
    object: 'response',
    created_at: 1_767_225_600,
    model: 'gpt-x',
    status: cut ? 'incomplete' : 'completed',
    incomplete_details: cut ? { reason: 'max_output_tokens' } : null,
    error: null,
    output: responseItems(answer),
    usage: responsesUsage(answer),
  };
}

export const responsesUpstream: Upstream = {
  target: { model: 'gpt-x', traits: ['max-completion-tokens'] },
  readRequest(wire) {
    const body = wire as Any;
    const facts = new RequestFacts();
    readFunctionTools(facts, body.tools);
    readSchema(facts, body.text?.format?.schema);
    readLimits(facts, { stop: [], most: body.max_output_tokens, reasons: body.reasoning?.effort });
    if (typeof body.instructions === 'string') facts.add(`system ${body.instructions}`);
    const items = typeof body.input === 'string' ? [{ type: 'message', role: 'user', content: body.input }] : body.input;
    for (const item of items) {
      if (item.type === 'function_call') facts.call(item.call_id, item.name, parse(item.arguments));
      else if (item.type === 'function_call_output') facts.result(item.call_id, item.output);
      else readParts(facts, item.role === 'developer' ? 'system' : item.role, item.content);
    }
    return facts.list;
  },
  answer: responseBody,
  stream(answer) {
    let number = 0;
    const say = (type: string, members: Wire): Frame => {
      number += 1;
      return typed({ type, sequence_number: number - 1, ...members });
    };
    const begun = { ...responseBody(answer), status: 'in_progress', output: [], usage: null, incomplete_details: null };
    const frames: Frame[] = [say('response.created', { response: begun }), say('response.in_progress', { response: begun })];
    responseItems(answer).forEach((item: Any, at) => {
      const place = { output_index: at, item_id: item.id };
      const empty = item.type === 'function_call' ? { ...item, arguments: '' } : { ...item, content: [], summary: [] };
      frames.push(say('response.output_item.added', { output_index: at, item: empty }));
      if (item.type === 'reasoning') {
        const summary = { ...place, summary_index: 0 };
        frames.push(say('response.reasoning_summary_part.added', { ...summary, part: { type: 'summary_text', text: '' } }));
        for (const delta of halves(item.summary[0].text)) frames.push(say('response.reasoning_summary_text.delta', { ...summary, delta }));
        frames.push(say('response.reasoning_summary_text.done', { ...summary, text: item.summary[0].text }));
        frames.push(say('response.reasoning_summary_part.done', { ...summary, part: item.summary[0] }));
      } else if (item.type === 'function_call') {
        for (const delta of halves(item.arguments)) frames.push(say('response.function_call_arguments.delta', { ...place, delta }));
        frames.push(say('response.function_call_arguments.done', { ...place, arguments: item.arguments }));
      } else {
        const [part] = item.content;
        const kind = part.type === 'refusal' ? 'response.refusal' : 'response.output_text';
        const index = { ...place, content_index: 0 };
        const blank = part.type === 'refusal' ? { ...part, refusal: '' } : { ...part, text: '' };
        frames.push(say('response.content_part.added', { ...index, part: blank }));
        for (const delta of halves(part.text ?? part.refusal)) frames.push(say(`${kind}.delta`, { ...index, delta }));
        frames.push(say(`${kind}.done`, { ...index, ...(part.type === 'refusal' ? { refusal: part.refusal } : { text: part.text }) }));
        frames.push(say('response.content_part.done', { ...index, part }));
      }
      frames.push(say('response.output_item.done', { output_index: at, item }));
    });
    frames.push(say(answer.end === 'length' ? 'response.incomplete' : 'response.completed', { response: responseBody(answer) }));
    return frames;
  },
  error: ({ message }) => ({
    body: { error: { message, type: 'rate_limit_error', param: null, code: 'rate_limit_exceeded' } },
    headers: {},
  }),
};
