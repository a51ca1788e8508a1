// The simulator's answer in the grammar of Anthropic messages, whole and streamed.
import { createHash } from 'node:crypto';
import { tryParseJson } from '../../core/json.ts';
import type { Answer, AnswerChoice, AnswerUsage } from './compose-answer.ts';
import type { DemoOptions } from './options.ts';
import type { ProblemFacts } from './problem.ts';
import type { StreamScript } from './reply.ts';
import { signThinking } from './signature.ts';
import { splitTokens } from './tokens.ts';
import type { WriteContext } from './write-openai.ts';

const silent: AnswerChoice = { reasoning: '', text: '', refusal: '', calls: [], finish: 'stop' };

export function writeAnthropic(answer: Answer, context: WriteContext): string {
  const choice = answer.choices[0] ?? silent;
  const usage = anthropicUsage(answer.usage, context.options.usage);
  const content = blocksOf(choice, context).map((block) => block.whole);
  const stop = context.options.fault === 'nofinish' ? { stop_reason: null, stop_sequence: null } : stopFields(choice);
  return JSON.stringify({ ...messageHead(context, context.digest), content, ...stop, ...(usage !== undefined && { usage }) });
}

export function streamAnthropic(answer: Answer, context: WriteContext): StreamScript {
  const choice = answer.choices[0] ?? silent;
  const usage = anthropicUsage(answer.usage, context.options.usage);
  const start = (digest: string): string =>
    event('message_start', {
      message: {
        ...messageHead(context, digest),
        content: [],
        stop_reason: null,
        stop_sequence: null,
        // Nothing has been said or thought yet: the first numbers are those of the input.
        ...(usage !== undefined && { usage: { ...usage, output_tokens: 1, output_tokens_details: undefined } }),
      },
    });
  const content: string[] = [];
  for (const [index, block] of blocksOf(choice, context).entries()) {
    content.push(event('content_block_start', { index, content_block: block.start }) + (index === 0 ? event('ping', {}) : ''));
    const before = `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":`;
    for (const delta of block.deltas) content.push(`${before}${delta}}\n\n`);
    content.push(event('content_block_stop', { index }));
  }
  return {
    opening: [start(context.digest)],
    reopening: [start(createHash('sha256').update(context.digest).digest('hex'))],
    content,
    finish: [event('message_delta', { delta: stopFields(choice), ...(usage !== undefined && { usage }) })],
    usage: [],
    done: [event('message_stop', {})],
    failure: `event: error\ndata: ${anthropicProblem({ status: 529, message: 'The demo simulator failed in mid-stream, as it was asked to.' })}\n\n`,
  };
}

interface Block {
  readonly whole: object;
  readonly start: object;
  /** JSON text of each delta. */
  readonly deltas: readonly string[];
}

/** Thinking, then text, then calls: the order the vendor asks for when they come back. */
function blocksOf(choice: AnswerChoice, context: WriteContext): readonly Block[] {
  const { chunk } = context.options;
  const blocks: Block[] = [];
  if (choice.reasoning !== '') {
    const signature = signThinking(choice.reasoning);
    const deltas = splitTokens(choice.reasoning, chunk).map((piece) => `{"type":"thinking_delta","thinking":${JSON.stringify(piece)}}`);
    deltas.push(`{"type":"signature_delta","signature":${JSON.stringify(signature)}}`);
    blocks.push({
      whole: { type: 'thinking', thinking: choice.reasoning, signature },
      start: { type: 'thinking', thinking: '', signature: '' },
      deltas,
    });
  }
  if (choice.text !== '') {
    const deltas = splitTokens(choice.text, chunk).map((piece) => `{"type":"text_delta","text":${JSON.stringify(piece)}}`);
    blocks.push({ whole: { type: 'text', text: choice.text }, start: { type: 'text', text: '' }, deltas });
  }
  for (const [position, call] of choice.calls.entries()) {
    const use = { type: 'tool_use', id: `toolu_demo${context.digest.slice(24, 44)}${position}`, name: call.name };
    const pieces = call.arguments === '{}' ? [''] : ['', ...splitTokens(call.arguments, chunk)];
    const deltas = pieces.map((piece) => `{"type":"input_json_delta","partial_json":${JSON.stringify(piece)}}`);
    blocks.push({ whole: { ...use, input: tryParseJson(call.arguments) ?? {} }, start: { ...use, input: {} }, deltas });
  }
  return blocks;
}

function messageHead(context: WriteContext, digest: string): object {
  return { id: `msg_demo${digest.slice(0, 24)}`, type: 'message', role: 'assistant', model: context.model };
}

function stopFields(choice: AnswerChoice): object {
  switch (choice.finish) {
    case 'stop':
      return { stop_reason: 'end_turn', stop_sequence: null };
    case 'stop-sequence':
      return { stop_reason: 'stop_sequence', stop_sequence: choice.stopSequence ?? null };
    case 'length':
      return { stop_reason: 'max_tokens', stop_sequence: null };
    case 'tool-calls':
      return { stop_reason: 'tool_use', stop_sequence: null };
    case 'refusal':
      return {
        stop_reason: 'refusal',
        stop_sequence: null,
        stop_details: { type: 'refusal', category: null, explanation: choice.refusal },
      };
  }
}

/** `input_tokens` leaves cached and written ones out; `output_tokens` includes thinking. */
function anthropicUsage(usage: AnswerUsage, kind: DemoOptions['usage']): object | undefined {
  if (kind === 'none') return undefined;
  const output = usage.output + usage.reasoning;
  return {
    input_tokens: kind === 'wrong' ? -7 : usage.fresh,
    cache_creation_input_tokens: usage.written,
    cache_read_input_tokens: usage.cached,
    cache_creation: {
      ephemeral_5m_input_tokens: usage.written - usage.writtenForAnHour,
      ephemeral_1h_input_tokens: kind === 'wrong' ? usage.written + 1_000 : usage.writtenForAnHour,
    },
    output_tokens: output,
    ...(usage.reasoning > 0 && { output_tokens_details: { thinking_tokens: kind === 'wrong' ? output + 1_000 : usage.reasoning } }),
    service_tier: 'standard',
  };
}

function event(type: string, fields: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}

export function anthropicProblem(facts: ProblemFacts): string {
  const type = anthropicTypes[facts.status] ?? (facts.status >= 500 ? 'api_error' : 'invalid_request_error');
  return JSON.stringify({ type: 'error', error: { type, message: facts.message }, request_id: 'req_demo' });
}

const anthropicTypes: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};
