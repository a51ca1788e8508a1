// Answers as providers send them, written by hand from the wire contracts, and the ways to spoil them.
import type { Reply } from './fake-upstream.ts';

export interface Canned {
  readonly text?: string;
  readonly model?: string;
  readonly id?: string;
  readonly tool?: { readonly name: string; readonly arguments: string; readonly id?: string };
  readonly reasoning?: string;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly cachedTokens?: number;
}

const json = { 'content-type': 'application/json' };
const eventStream = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' };

/** A whole answer in the grammar of OpenAI chat. */
export function openaiAnswer(canned: Canned = {}): Reply {
  const message = {
    role: 'assistant',
    content: canned.text ?? (canned.tool === undefined ? 'Hello there' : null),
    refusal: null,
    ...(canned.reasoning !== undefined && { reasoning_content: canned.reasoning }),
    ...(canned.tool !== undefined && { tool_calls: [openaiCall(canned.tool)] }),
  };
  const choices = [{ index: 0, message, logprobs: null, finish_reason: canned.tool === undefined ? 'stop' : 'tool_calls' }];
  return { headers: json, body: JSON.stringify({ ...openaiHead(canned), object: 'chat.completion', choices, usage: openaiUsage(canned) }) };
}

/** The frames of an OpenAI chat stream, usage chunk and `[DONE]` included. */
export function openaiFrames(canned: Canned = {}): readonly string[] {
  const head = { ...openaiHead(canned), object: 'chat.completion.chunk' };
  const chunk = (delta: object, finish: string | null = null): string =>
    sse({ ...head, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] });
  const frames = [chunk({ role: 'assistant', content: '' })];
  if (canned.reasoning !== undefined) frames.push(...halves(canned.reasoning).map((piece) => chunk({ reasoning_content: piece })));
  if (canned.text !== undefined || canned.tool === undefined) {
    frames.push(...words(canned.text ?? 'Hello there').map((piece) => chunk({ content: piece })));
  }
  if (canned.tool !== undefined) {
    const call = openaiCall(canned.tool);
    frames.push(chunk({ tool_calls: [{ index: 0, ...call, function: { name: canned.tool.name, arguments: '' } }] }));
    for (const piece of halves(canned.tool.arguments)) frames.push(chunk({ tool_calls: [{ index: 0, function: { arguments: piece } }] }));
  }
  frames.push(chunk({}, canned.tool === undefined ? 'stop' : 'tool_calls'));
  frames.push(sse({ ...head, choices: [], usage: openaiUsage(canned) }), 'data: [DONE]\n\n');
  return frames;
}

export function openaiStream(canned: Canned = {}): Reply {
  return { headers: eventStream, pieces: openaiFrames(canned) };
}

export function anthropicAnswer(canned: Canned = {}): Reply {
  const content: object[] = [];
  if (canned.reasoning !== undefined) content.push({ type: 'thinking', thinking: canned.reasoning, signature: 'c2lnbmVk' });
  if (canned.text !== undefined || canned.tool === undefined) content.push({ type: 'text', text: canned.text ?? 'Hello there' });
  if (canned.tool !== undefined) {
    content.push({
      type: 'tool_use',
      id: canned.tool.id ?? 'toolu_canned',
      name: canned.tool.name,
      input: JSON.parse(canned.tool.arguments) as unknown,
    });
  }
  const stop = { stop_reason: canned.tool === undefined ? 'end_turn' : 'tool_use', stop_sequence: null };
  return { headers: json, body: JSON.stringify({ ...anthropicHead(canned), content, ...stop, usage: anthropicUsage(canned) }) };
}

export function anthropicFrames(canned: Canned = {}): readonly string[] {
  const frames: string[] = [];
  const say = (type: string, fields: object = {}): void => {
    frames.push(`event: ${type}\n${sse({ type, ...fields })}`);
  };
  let index = -1;
  const block = (start: object, deltas: readonly object[]): void => {
    index += 1;
    say('content_block_start', { index, content_block: start });
    for (const delta of deltas) say('content_block_delta', { index, delta });
    say('content_block_stop', { index });
  };
  const usage = anthropicUsage(canned);
  say('message_start', {
    message: { ...anthropicHead(canned), content: [], stop_reason: null, stop_sequence: null, usage: { ...usage, output_tokens: 1 } },
  });
  say('ping');
  if (canned.reasoning !== undefined) {
    block({ type: 'thinking', thinking: '', signature: '' }, [
      ...halves(canned.reasoning).map((thinking) => ({ type: 'thinking_delta', thinking })),
      { type: 'signature_delta', signature: 'c2lnbmVk' },
    ]);
  }
  if (canned.text !== undefined || canned.tool === undefined) {
    block(
      { type: 'text', text: '' },
      words(canned.text ?? 'Hello there').map((text) => ({ type: 'text_delta', text })),
    );
  }
  if (canned.tool !== undefined) {
    block({ type: 'tool_use', id: canned.tool.id ?? 'toolu_canned', name: canned.tool.name, input: {} }, [
      { type: 'input_json_delta', partial_json: '' },
      ...halves(canned.tool.arguments).map((partial_json) => ({ type: 'input_json_delta', partial_json })),
    ]);
  }
  say('message_delta', { delta: { stop_reason: canned.tool === undefined ? 'end_turn' : 'tool_use', stop_sequence: null }, usage });
  say('message_stop');
  return frames;
}

export function anthropicStream(canned: Canned = {}): Reply {
  return { headers: eventStream, pieces: anthropicFrames(canned) };
}

/** An OpenAI-family error body. */
export function openaiError(status: number, error: Readonly<Record<string, unknown>> = {}): Reply {
  const body = { error: { message: `upstream says ${status}`, type: 'invalid_request_error', param: null, code: null, ...error } };
  return { status, headers: json, body: JSON.stringify(body) };
}

export function anthropicError(status: number, type: string): Reply {
  const body = { type: 'error', error: { type, message: `upstream says ${type}` }, request_id: 'req_canned' };
  return { status, headers: json, body: JSON.stringify(body) };
}

/** What an edge proxy in front of a provider answers when it has a bad day: HTML with status 200. */
export function htmlPage(status = 200): Reply {
  return { status, headers: { 'content-type': 'text/html' }, body: '<!doctype html><html><body><h1>Just a moment...</h1></body></html>' };
}

/** An OpenAI stream with one content frame of `bytes` bytes. */
export function hugeFrameStream(bytes = 10 * 1024 * 1024): Reply {
  return openaiStream({ text: 'x'.repeat(bytes) });
}

/** The same body with every byte written on its own. */
export function everyByte(reply: Reply): Reply {
  const body = Buffer.concat((reply.pieces ?? [reply.body ?? '']).map((piece) => Buffer.from(piece as string)));
  const { body: _whole, ...rest } = reply;
  return { ...rest, pieces: Array.from({ length: body.length }, (_, index) => body.subarray(index, index + 1)) };
}

/** The same stream with CRLF line ends, as Perplexity and Gemini send it. */
export function withCrlf(reply: Reply): Reply {
  return { ...reply, pieces: (reply.pieces ?? [reply.body ?? '']).map((piece) => piece.toString().replaceAll('\n', '\r\n')) };
}

/** A stream of these frames, headers included. */
export function streamOf(frames: readonly string[]): Reply {
  return { headers: eventStream, pieces: frames };
}

function sse(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

function openaiHead(canned: Canned): object {
  return { id: canned.id ?? 'chatcmpl-canned', created: 1_767_225_600, model: canned.model ?? 'gpt-canned-2026-01-01' };
}

function openaiCall(tool: { readonly name: string; readonly arguments: string; readonly id?: string }): object {
  return { id: tool.id ?? 'call_canned', type: 'function', function: { name: tool.name, arguments: tool.arguments } };
}

function openaiUsage(canned: Canned): object {
  const prompt = canned.inputTokens ?? 9;
  const completion = canned.outputTokens ?? 2;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: canned.cachedTokens ?? 0 },
    completion_tokens_details: { reasoning_tokens: 0 },
  };
}

function anthropicHead(canned: Canned): object {
  return { id: canned.id ?? 'msg_canned', type: 'message', role: 'assistant', model: canned.model ?? 'claude-canned-20260101' };
}

/** Anthropic's input count leaves the cached tokens out. */
function anthropicUsage(canned: Canned): object {
  const cached = canned.cachedTokens ?? 0;
  return {
    input_tokens: (canned.inputTokens ?? 9) - cached,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cached,
    output_tokens: canned.outputTokens ?? 2,
  };
}

function words(text: string): readonly string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [text];
}

function halves(text: string): readonly string[] {
  const middle = Math.ceil(text.length / 2);
  return [text.slice(0, middle), text.slice(middle)].filter((piece) => piece !== '');
}
