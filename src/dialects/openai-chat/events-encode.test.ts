import { describe, expect, it } from 'vitest';
import type { ChatEvent } from '../../canonical/chat.ts';
import type { Warning } from '../../canonical/warning.ts';
import { parseJson } from '../../core/json.ts';
import { createSseParser } from '../../framing/sse.ts';
import { createEventEncoder } from './events-encode.ts';

const start: ChatEvent = { type: 'start', id: 'x', model: 'm', created: 7 };
const stop: ChatEvent = { type: 'finish', reason: 'stop' };
const usage: ChatEvent = {
  type: 'usage',
  usage: { input: 1, cachedInput: 2, cacheWrite: 0, cacheWrite1h: 0, output: 3, reasoning: 4, source: 'upstream' },
};

interface Chunk {
  readonly choices: readonly { readonly index: number; readonly delta: Record<string, unknown>; readonly finish_reason: string | null }[];
  readonly usage?: unknown;
}

function encode(events: readonly ChatEvent[], { includeUsage = false, warnings = [] as Warning[] } = {}) {
  const encoder = createEventEncoder({ model: 'asked', includeUsage, warnings });
  const text = events.map((event) => encoder.push(event)).join('') + encoder.end();
  const frames: string[] = [];
  createSseParser({ maxFrameBytes: 1e6 }).push(Buffer.from(text), (frame) => frames.push(frame.data));
  const chunks = frames.filter((frame) => frame !== '[DONE]').map((frame) => parseJson(frame) as unknown as Chunk);
  return { frames, chunks, deltas: chunks.map((chunk) => chunk.choices[0]?.delta) };
}

describe('createEventEncoder', () => {
  it('says the role once, then content, the finish, and [DONE]', () => {
    const { chunks, frames } = encode([start, { type: 'text-delta', block: 0, text: 'a "b"\n' }, { type: 'block-end', block: 0 }, stop]);

    expect(chunks.map((chunk) => chunk.choices[0])).toEqual([
      { index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null },
      { index: 0, delta: { content: 'a "b"\n' }, finish_reason: null },
      { index: 0, delta: {}, finish_reason: 'stop' },
    ]);
    expect(chunks[0]).toMatchObject({ id: 'x', object: 'chat.completion.chunk', created: 7, model: 'm' });
    expect(frames.at(-1)).toBe('[DONE]');
  });

  it('names the model that was asked for where the upstream names none, and a time where it tells none', () => {
    const [first] = encode([{ type: 'start', id: 'x', model: '', created: 0 }]).chunks;

    expect(first).toMatchObject({ model: 'asked' });
    expect((first as unknown as { created: number }).created).toBeGreaterThan(1_700_000_000);
  });

  it('says usage only when asked, in a chunk with an empty list of choices', () => {
    expect(encode([start, stop, usage]).chunks.some((chunk) => chunk.usage !== undefined)).toBe(false);
    expect(encode([start, stop, usage], { includeUsage: true }).chunks.at(-1)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 3, completion_tokens: 7, total_tokens: 10 },
    });
  });

  it('numbers tool calls densely, whatever their blocks', () => {
    const { deltas } = encode([
      start,
      { type: 'tool-call-start', block: 3, id: 'a', name: 'f' },
      { type: 'tool-call-delta', block: 3, arguments: '{}' },
      { type: 'tool-call-start', block: 5, id: 'b', name: 'g' },
      { type: 'tool-call-delta', block: 5, arguments: '{"x":1}' },
      { type: 'finish', reason: 'tool-calls' },
    ]);

    expect(deltas.slice(1, 5)).toEqual([
      { tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '' } }] },
      { tool_calls: [{ index: 0, function: { arguments: '{}' } }] },
      { tool_calls: [{ index: 1, id: 'b', type: 'function', function: { name: 'g', arguments: '' } }] },
      { tool_calls: [{ index: 1, function: { arguments: '{"x":1}' } }] },
    ]);
  });

  it('carries signatures with the text they prove, and opaque blocks', () => {
    const { deltas } = encode([
      start,
      { type: 'reasoning-delta', block: 0, text: 'wh' },
      { type: 'reasoning-delta', block: 0, text: 'y' },
      { type: 'reasoning-signature', block: 0, signature: 'S' },
      { type: 'block-end', block: 0 },
      { type: 'reasoning-redacted', block: 1, data: 'D' },
    ]);

    expect(deltas.slice(1)).toEqual([
      { reasoning_content: 'wh' },
      { reasoning_content: 'y' },
      { reasoning_details: [{ type: 'reasoning.text', text: 'why', signature: 'S', format: 'anthropic-claude-v1', index: 0 }] },
      { reasoning_details: [{ type: 'reasoning.encrypted', data: 'D', format: 'anthropic-claude-v1', index: 1 }] },
    ]);
  });

  it('ends a spoken refusal with stop and a silent one with content_filter', () => {
    const refusal: ChatEvent = { type: 'finish', reason: 'refusal' };

    expect(encode([start, { type: 'refusal-delta', block: 0, text: 'no' }, refusal]).chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop');
    expect(encode([start, refusal]).chunks.at(-1)?.choices[0]?.finish_reason).toBe('content_filter');
  });

  it('drops blocks of another grammar with one warning a kind', () => {
    const warnings: Warning[] = [];
    const foreign: ChatEvent = { type: 'opaque', dialect: 'anthropic-messages', wire: { type: 'server_tool_use' } };

    const { chunks } = encode([start, foreign, foreign, stop], { warnings });

    expect(chunks).toHaveLength(2);
    expect(warnings).toEqual([{ field: 'content.server_tool_use', kind: 'dropped', message: expect.any(String) }]);
  });

  it('passes its own extras on', () => {
    const { deltas, chunks } = encode([
      start,
      { type: 'opaque', dialect: 'openai-chat', wire: { index: 0, delta: { images: ['i'] } } },
      { type: 'opaque', dialect: 'openai-chat', wire: { chunk: { citations: ['u'] } } },
    ]);

    expect(deltas[1]).toEqual({ images: ['i'] });
    expect(chunks[2]).toMatchObject({ citations: ['u'], choices: [] });
  });

  it('gives each of several answers its role', () => {
    const { chunks } = encode([
      start,
      { type: 'text-delta', block: 1, text: 'a', choice: 1 },
      { type: 'finish', reason: 'stop', choice: 1 },
    ]);

    expect(chunks.map((chunk) => [chunk.choices[0]?.index, chunk.choices[0]?.delta])).toEqual([
      [0, { role: 'assistant', content: '' }],
      [1, { role: 'assistant', content: '' }],
      [1, { content: 'a' }],
      [1, {}],
    ]);
  });
});
