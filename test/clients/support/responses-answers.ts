// Answers of a provider in the grammar of OpenAI's Responses API, whole and streamed.
import type { JsonObject } from '../../../src/core/json.ts';
import { streamOf } from '../../support/canned-replies.ts';
import type { Reply } from '../../support/fake-upstream.ts';
import type { Said } from './said.ts';

/** The vendor gives every answer and every item an id of its own, and clients refer to them. */
let answers = 0;

export function responsesWhole(said: Said): Reply {
  answers += 1;
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(responseOf(said, 'completed')) };
}

export function responsesStream(said: Said): Reply {
  answers += 1;
  const frames: string[] = [];
  const tell = (type: string, fields: object): void => {
    frames.push(`event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: frames.length, ...fields })}\n\n`);
  };
  const begun = { response: { ...responseOf(said, 'in_progress'), output: [], usage: null } };
  tell('response.created', begun);
  tell('response.in_progress', begun);
  for (const [output_index, item] of outputOf(said).entries()) {
    const at = { item_id: item.id, output_index };
    tell('response.output_item.added', { output_index, item: { ...item, ...emptied(item) } });
    if (item.type === 'reasoning') {
      const place = { ...at, summary_index: 0 };
      tell('response.reasoning_summary_part.added', { ...place, part: { type: 'summary_text', text: '' } });
      for (const delta of words(said.reasoning ?? '')) tell('response.reasoning_summary_text.delta', { ...place, delta });
      tell('response.reasoning_summary_text.done', { ...place, text: said.reasoning });
      tell('response.reasoning_summary_part.done', { ...place, part: { type: 'summary_text', text: said.reasoning } });
    }
    if (item.type === 'message') {
      const place = { ...at, content_index: 0 };
      tell('response.content_part.added', { ...place, part: textPart('') });
      for (const delta of words(said.text ?? '')) tell('response.output_text.delta', { ...place, delta, logprobs: [] });
      tell('response.output_text.done', { ...place, text: said.text, logprobs: [] });
      tell('response.content_part.done', { ...place, part: textPart(said.text ?? '') });
    }
    if (item.type === 'function_call') {
      for (const delta of [item.arguments.slice(0, 3), item.arguments.slice(3)]) {
        if (delta !== '') tell('response.function_call_arguments.delta', { ...at, delta });
      }
      tell('response.function_call_arguments.done', { ...at, arguments: item.arguments });
    }
    tell('response.output_item.done', { output_index, item });
  }
  tell('response.completed', { response: responseOf(said, 'completed') });
  return streamOf(frames);
}

type Item =
  | { readonly type: 'reasoning'; readonly id: string; readonly summary: readonly JsonObject[] }
  | {
      readonly type: 'message';
      readonly id: string;
      readonly status: 'completed';
      readonly role: 'assistant';
      readonly content: readonly object[];
    }
  | {
      readonly type: 'function_call';
      readonly id: string;
      readonly status: 'completed';
      readonly call_id: string;
      readonly name: string;
      readonly arguments: string;
    };

function outputOf({ reasoning, text, calls = [] }: Said): readonly Item[] {
  const items: Item[] = [];
  if (reasoning !== undefined) items.push({ type: 'reasoning', id: `rs_${answers}`, summary: [{ type: 'summary_text', text: reasoning }] });
  if (text !== undefined) {
    items.push({ type: 'message', id: `msg_${answers}`, status: 'completed', role: 'assistant', content: [textPart(text)] });
  }
  for (const { id, name, arguments: args } of calls) {
    items.push({
      type: 'function_call',
      id: `fc_${answers}_${id}`,
      status: 'completed',
      call_id: id,
      name,
      arguments: JSON.stringify(args),
    });
  }
  return items;
}

function emptied(item: Item): object {
  if (item.type === 'reasoning') return { summary: [] };
  if (item.type === 'message') return { status: 'in_progress', content: [] };
  return { status: 'in_progress', arguments: '' };
}

function textPart(text: string): object {
  return { type: 'output_text', text, annotations: [], logprobs: [] };
}

function responseOf(said: Said, status: string): object {
  const input_tokens = said.inputTokens ?? 9;
  const output_tokens = said.outputTokens ?? 2;
  return {
    id: `resp_${answers}`,
    object: 'response',
    created_at: 1_767_225_600,
    status,
    error: null,
    incomplete_details: null,
    model: 'gpt-canned-2026-01-01',
    output: outputOf(said),
    parallel_tool_calls: true,
    tool_choice: 'auto',
    tools: [],
    store: false,
    usage: {
      input_tokens,
      input_tokens_details: { cached_tokens: said.cachedTokens ?? 0 },
      output_tokens,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: input_tokens + output_tokens,
    },
  };
}

function words(text: string): readonly string[] {
  return text.match(/\s*\S+/g) ?? [];
}
