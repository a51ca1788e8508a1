// What the mock upstream says, byte for byte, and the text a client must have at the end.
// Built once per shape, so that an answer costs the upstream one look-up and one write.
import { Buffer } from 'node:buffer';
import { bedrockEvents, cohereEvents, geminiEvents, responsesEvents } from './more-streams.ts';
import type { StreamEvents } from './stream-events.ts';
import { models, type WireDialect } from './wire-dialect.ts';

/** Grammars in which the mock upstream streams. */
export type StreamDialect = Exclude<WireDialect, 'ollama'>;
/** Grammars in which it gives whole answers too: those of the cases that ask for them. */
export type WholeDialect = 'openai' | 'anthropic';

export interface StreamShape {
  readonly dialect: StreamDialect;
  readonly chunks: number;
  /** OpenAI streams report usage only when the request asks for it. */
  readonly usage: boolean;
}

/** The text of every whole answer: long enough that the JSON around it comes to about 1.2 KB. */
export const wholeText = Array.from({ length: 14 }, (_, line) => `Line ${line} of the answer says "all is well", then goes on.`).join('\n');

/** What the mock upstream has understood of any recording. */
export const transcriptText = 'All is well.';

function streamWord(index: number): string {
  return index === 0 ? 'word0' : ` word${index}`;
}

export function streamText(chunks: number): string {
  let text = '';
  for (let index = 0; index < chunks; index += 1) text += streamWord(index);
  return text;
}

const created = 1_760_000_000;

export function wholeBody(dialect: WholeDialect): string {
  if (dialect === 'anthropic') {
    return JSON.stringify({
      id: 'msg_01BenchAnswer0000000000',
      type: 'message',
      role: 'assistant',
      model: 'claude-sonnet-4-5-20250929',
      content: [{ type: 'text', text: wholeText }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: {
        input_tokens: 200,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
        output_tokens: 180,
        service_tier: 'standard',
      },
    });
  }
  return JSON.stringify({
    id: 'chatcmpl-BenchAnswer000000000000',
    object: 'chat.completion',
    created,
    model: 'gpt-4o-2024-08-06',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: wholeText, refusal: null, annotations: [] },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: {
      prompt_tokens: 200,
      completion_tokens: 180,
      total_tokens: 380,
      prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
    },
    service_tier: 'default',
    system_fingerprint: 'fp_bench00000',
  });
}

export function streamEvents(shape: StreamShape & { readonly dialect: Exclude<StreamDialect, 'bedrock'> }): StreamEvents;
export function streamEvents(shape: StreamShape): StreamEvents<string | Buffer>;
export function streamEvents(shape: StreamShape): StreamEvents<string | Buffer> {
  const { dialect, chunks } = shape;
  const text = { words: Array.from({ length: chunks }, (_, index) => streamWord(index)), model: models[dialect] };
  switch (dialect) {
    case 'openai':
      return openaiEvents(shape);
    case 'anthropic':
      return anthropicEvents(chunks);
    case 'responses':
      return responsesEvents(text);
    case 'gemini':
      return geminiEvents(text);
    case 'bedrock':
      return bedrockEvents(text);
    case 'cohere':
      return cohereEvents(text);
  }
}

function openaiEvents({ chunks, usage }: StreamShape): StreamEvents {
  const frame = (rest: object) =>
    `data: ${JSON.stringify({
      id: 'chatcmpl-BenchAnswer000000000000',
      object: 'chat.completion.chunk',
      created,
      model: 'gpt-4o-2024-08-06',
      service_tier: 'default',
      system_fingerprint: 'fp_bench00000',
      ...rest,
      // The vendor sends `usage: null` on every chunk once usage was asked for.
      ...(usage && !('usage' in rest) ? { usage: null } : {}),
    })}\n\n`;
  const choice = (delta: object, finish: string | null) => ({ choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] });
  const total = { prompt_tokens: 200, completion_tokens: chunks, total_tokens: 200 + chunks };
  return {
    opening: [frame(choice({ role: 'assistant', content: '', refusal: null }, null))],
    deltas: Array.from({ length: chunks }, (_, index) => frame(choice({ content: streamWord(index) }, null))),
    closing: [frame(choice({}, 'stop')), ...(usage ? [frame({ choices: [], usage: total })] : []), 'data: [DONE]\n\n'],
  };
}

function anthropicEvents(chunks: number): StreamEvents {
  const frame = (type: string, rest: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
  const message = {
    id: 'msg_01BenchAnswer0000000000',
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-5-20250929',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 200, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 1 },
  };
  return {
    opening: [
      frame('message_start', { message }),
      frame('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
      frame('ping', {}),
    ],
    deltas: Array.from({ length: chunks }, (_, index) =>
      frame('content_block_delta', { index: 0, delta: { type: 'text_delta', text: streamWord(index) } }),
    ),
    closing: [
      frame('content_block_stop', { index: 0 }),
      frame('message_delta', { delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: chunks } }),
      frame('message_stop', {}),
    ],
  };
}

/** One event as its own HTTP chunk: how providers flush, and the harder case for whoever relays it. */
export function httpChunk(event: string | Buffer): Buffer {
  const body = typeof event === 'string' ? Buffer.from(event) : event;
  return Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n')]);
}

export const lastHttpChunk = Buffer.from('0\r\n\r\n');

export function streamHead(dialect: StreamDialect): Buffer {
  const type = dialect === 'bedrock' ? 'application/vnd.amazon.eventstream' : 'text/event-stream; charset=utf-8';
  return Buffer.from(
    `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ncache-control: no-cache\r\nx-request-id: req_bench\r\ntransfer-encoding: chunked\r\n\r\n`,
  );
}

export function wholeAnswer(dialect: WholeDialect): Buffer {
  return jsonAnswer('200 OK', wholeBody(dialect));
}

export function jsonAnswer(status: string, body: string): Buffer {
  const bytes = Buffer.from(body);
  const head = `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\nx-request-id: req_bench\r\ncontent-length: ${bytes.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), bytes]);
}
