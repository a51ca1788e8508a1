// Streams of the mock upstream in the grammars besides OpenAI's and Anthropic's, with the members the vendors send.
import { Buffer } from 'node:buffer';
import { crc32 } from 'node:zlib';
import type { StreamEvents } from './stream-events.ts';

export interface StreamText {
  /** The pieces of the text, in order. */
  readonly words: readonly string[];
  readonly model: string;
}

const inputTokens = 200;

export function responsesEvents({ words, model }: StreamText): StreamEvents {
  let sequence = 0;
  const frame = (type: string, rest: object) =>
    `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence++, ...rest })}\n\n`;
  const itemId = 'msg_BenchAnswer0000000000000000000000000000000000';
  const place = { item_id: itemId, output_index: 0, content_index: 0 };
  const text = words.join('');
  const part = { type: 'output_text', text, annotations: [], logprobs: [] };
  const item = { id: itemId, type: 'message', status: 'completed', content: [part], role: 'assistant' };
  const response = (status: string, output: readonly object[], usage: object | null) => ({
    id: 'resp_BenchAnswer0000000000000000000000000000000000',
    object: 'response',
    created_at: 1_760_000_000,
    status,
    background: false,
    error: null,
    incomplete_details: null,
    instructions: null,
    max_output_tokens: 512,
    model,
    output,
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    store: false,
    temperature: 1,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    truncation: 'disabled',
    usage,
    metadata: {},
  });
  const usage = {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: words.length,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: inputTokens + words.length,
  };
  return {
    opening: [
      frame('response.created', { response: response('in_progress', [], null) }),
      frame('response.in_progress', { response: response('in_progress', [], null) }),
      frame('response.output_item.added', { output_index: 0, item: { ...item, status: 'in_progress', content: [] } }),
      frame('response.content_part.added', { ...place, part: { ...part, text: '' } }),
    ],
    deltas: words.map((delta) => frame('response.output_text.delta', { ...place, delta, logprobs: [] })),
    closing: [
      frame('response.output_text.done', { ...place, text, logprobs: [] }),
      frame('response.content_part.done', { ...place, part }),
      frame('response.output_item.done', { output_index: 0, item }),
      frame('response.completed', { response: response('completed', [item], usage) }),
    ],
  };
}

export function geminiEvents({ words, model }: StreamText): StreamEvents {
  const frame = (text: string, spoken: number, finish: object) =>
    `data: ${JSON.stringify({
      candidates: [{ content: { parts: [{ text }], role: 'model' }, ...finish, index: 0 }],
      usageMetadata: {
        promptTokenCount: inputTokens,
        candidatesTokenCount: spoken,
        totalTokenCount: inputTokens + spoken,
        promptTokensDetails: [{ modality: 'TEXT', tokenCount: inputTokens }],
      },
      modelVersion: model,
      responseId: 'BenchAnswer000000000000',
    })}\r\n\r\n`;
  return {
    opening: [],
    deltas: words.map((word, index) => frame(word, index + 1, {})),
    closing: [frame('', words.length, { finishReason: 'STOP' })],
  };
}

export function cohereEvents({ words }: StreamText): StreamEvents {
  const frame = (type: string, rest: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
  const counts = { input_tokens: inputTokens, output_tokens: words.length };
  return {
    opening: [
      frame('message-start', {
        id: '00000000-0000-0000-0000-00000000be0c',
        delta: { message: { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] } },
      }),
      frame('content-start', { index: 0, delta: { message: { content: { type: 'text', text: '' } } } }),
    ],
    deltas: words.map((text) => frame('content-delta', { index: 0, delta: { message: { content: { text } } } })),
    closing: [
      frame('content-end', { index: 0 }),
      frame('message-end', { delta: { finish_reason: 'COMPLETE', usage: { billed_units: counts, tokens: counts } } }),
    ],
  };
}

export function bedrockEvents({ words }: StreamText): StreamEvents<Buffer> {
  // The vendor pads every event to hide how long its text is.
  const frame = (type: string, rest: object) => eventStreamFrame(type, JSON.stringify({ ...rest, p: 'abcdefghijklmnop' }));
  return {
    opening: [frame('messageStart', { role: 'assistant' })],
    deltas: words.map((text) => frame('contentBlockDelta', { contentBlockIndex: 0, delta: { text } })),
    closing: [
      frame('contentBlockStop', { contentBlockIndex: 0 }),
      frame('messageStop', { stopReason: 'end_turn' }),
      frame('metadata', {
        metrics: { latencyMs: 500 },
        usage: { inputTokens, outputTokens: words.length, totalTokens: inputTokens + words.length },
      }),
    ],
  };
}

/** One message of `application/vnd.amazon.eventstream`: lengths, checksum, headers, payload, checksum. */
function eventStreamFrame(eventType: string, payload: string): Buffer {
  const headers = Buffer.concat(
    Object.entries({ ':event-type': eventType, ':content-type': 'application/json', ':message-type': 'event' }).map(([name, value]) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(Buffer.byteLength(value));
      return Buffer.concat([Buffer.from([Buffer.byteLength(name)]), Buffer.from(name), Buffer.from([7]), length, Buffer.from(value)]);
    }),
  );
  const body = Buffer.from(payload);
  const prelude = Buffer.alloc(12);
  prelude.writeUInt32BE(12 + headers.length + body.length + 4, 0);
  prelude.writeUInt32BE(headers.length, 4);
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8);
  const message = Buffer.concat([prelude, headers, body]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(message));
  return Buffer.concat([message, checksum]);
}
