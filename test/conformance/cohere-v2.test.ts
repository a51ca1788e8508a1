// Cohere's grammar on raw bytes: hand-written streams cut at every position, recorded ones where the machine has them.
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../src/core/errors.ts';
import { type JsonValue, parseJson } from '../../src/core/json.ts';
import { cohereEmbed } from '../../src/dialects/cohere-v2/embed.ts';
import { cohereV2 } from '../../src/dialects/cohere-v2/index.ts';
import { cohereRerank } from '../../src/dialects/cohere-v2/rerank.ts';
import { listRecordings, noRecordings, readRecording, recordedStreamBytes } from '../support/fixtures.ts';
import { decodeBytes, itKeepsStreamLaws, joinDeltas, watchBytes } from './dialect-laws.ts';

const frame = (event: Readonly<Record<string, unknown>>): string => `event: ${String(event['type'])}\ndata: ${JSON.stringify(event)}\n\n`;
const begin = frame({
  id: 'c-1',
  type: 'message-start',
  delta: { message: { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] } },
});
const content = (index: number, kind: 'text' | 'thinking', ...pieces: readonly string[]): string =>
  [
    frame({ type: 'content-start', index, delta: { message: { content: { type: kind, [kind]: '' } } } }),
    ...pieces.map((piece) => frame({ type: 'content-delta', index, delta: { message: { content: { [kind]: piece } } } })),
    frame({ type: 'content-end', index }),
  ].join('');
const call = (index: number, name: string, ...pieces: readonly string[]): string =>
  [
    frame({
      type: 'tool-call-start',
      index,
      delta: { message: { tool_calls: { id: `${name}_${index}`, type: 'function', function: { name, arguments: '' } } } },
    }),
    ...pieces.map((piece) =>
      frame({ type: 'tool-call-delta', index, delta: { message: { tool_calls: { function: { arguments: piece } } } } }),
    ),
    frame({ type: 'tool-call-end', index }),
  ].join('');
const plan = (text: string): string => frame({ type: 'tool-plan-delta', delta: { message: { tool_plan: text } } });
const usage = {
  billed_units: { input_tokens: 12, output_tokens: 7 },
  tokens: { input_tokens: 507, output_tokens: 10 },
  cached_tokens: 448,
};
const finish = (reason: string, more: object = {}): string =>
  frame({ type: 'message-end', delta: { finish_reason: reason, usage, ...more } });

const streams = {
  'text with letters of several bytes': begin + content(0, 'text', 'Gr', 'üße, ', '世界 👋') + finish('COMPLETE'),
  'thinking before text': begin + content(0, 'thinking', 'Hm', ' …') + content(1, 'text', 'Yes') + finish('MAX_TOKENS'),
  'a plan and two calls':
    begin + plan('I will') + plan(' look') + call(0, 'weather', '{"city"', ':"Oslo"}') + call(1, 'clock', 'nu', 'll') + finish('TOOL_CALL'),
  'text with citations':
    begin +
    content(0, 'text', 'Oslo is cold') +
    frame({ type: 'citation-start', index: 0, delta: { message: { citations: { start: 0, end: 4, text: 'Oslo', sources: [] } } } }) +
    frame({ type: 'citation-end', index: 0 }) +
    finish('COMPLETE'),
  'comments and an unknown event':
    `: keepalive\n\n${begin}` + frame({ type: 'debug', prompt: 'x' }) + content(0, 'text', 'a') + ': ping\n\n' + finish('STOP_SEQUENCE'),
};

describe('hand-written streams', () => {
  for (const [name, text] of Object.entries(streams)) {
    const bytes = Buffer.from(text);
    // The last line is complete without its line ends.
    itKeepsStreamLaws(cohereV2, { name, bytes, completeFrom: bytes.length - 2 });
  }

  it('decode to blocks in order, and arguments that say null to an empty object', () => {
    const events = joinDeltas(decodeBytes(cohereV2, [Buffer.from(streams['a plan and two calls'])]));

    expect(events).toEqual([
      { type: 'start', id: 'c-1', model: '', created: 0 },
      { type: 'reasoning-delta', block: 0, text: 'I will look' },
      { type: 'block-end', block: 0 },
      { type: 'tool-call-start', block: 1, id: 'weather_0', name: 'weather' },
      { type: 'tool-call-delta', block: 1, arguments: '{"city":"Oslo"}' },
      { type: 'block-end', block: 1 },
      { type: 'tool-call-start', block: 2, id: 'clock_1', name: 'clock' },
      { type: 'tool-call-delta', block: 2, arguments: '{}' },
      { type: 'block-end', block: 2 },
      { type: 'finish', reason: 'tool-calls' },
      { type: 'usage', usage: expect.objectContaining({ input: 59, cachedInput: 448, output: 10, billed: { input: 12, output: 7 } }) },
    ]);
  });

  it('decode, encode and decode again to the same events', () => {
    for (const [name, text] of Object.entries(streams)) {
      const events = decodeBytes(cohereV2, [Buffer.from(text)]);
      const encoder = cohereV2.createEventEncoder({ model: 'asked-for', includeUsage: true, warnings: [] });
      const again = events.map((event) => encoder.push(event)).join('') + encoder.end();

      expect(joinDeltas(decodeBytes(cohereV2, [Buffer.from(again)])), name).toEqual(joinDeltas(events));
    }
  });
});

describe('failures', () => {
  const failureOf = (text: string): { readonly code: string | undefined; readonly watched: string | undefined } => {
    const bytes = Buffer.from(text);
    let code: string | undefined;
    try {
      decodeBytes(cohereV2, [bytes]);
    } catch (thrown) {
      code = thrown instanceof GatewayError ? thrown.code : String(thrown);
    }
    return { code, watched: watchBytes(cohereV2, [bytes]).failure?.code };
  };

  it.each([
    ['a stream without an end', begin + content(0, 'text', 'a'), 'upstream_truncated'],
    ['a finish reason that is an error', begin + finish('ERROR', { error: 'out of memory' }), 'upstream_error'],
    ['a finish reason that is a timeout', begin + finish('TIMEOUT'), 'upstream_timeout'],
    ['an end without a finish reason', begin + frame({ type: 'message-end', delta: {} }), 'upstream_truncated'],
    ['content before the start', content(0, 'text', 'a') + finish('COMPLETE'), 'upstream_bad_reply'],
    ['a second message', begin + begin.replace('c-1', 'c-2') + finish('COMPLETE'), 'upstream_bad_reply'],
    ['a frame that is no JSON', `${begin}data: <html>\n\n`, 'upstream_bad_reply'],
    ['a bare error in place of a frame', 'data: {"message":"too many requests"}\n\n', 'upstream_error'],
    ['an error object', 'data: {"error":{"message":"slow down","type":"rate_limit_error"}}\n\n', 'upstream_rate_limited'],
  ])('%s', (_name, text, code) => {
    expect(failureOf(text)).toEqual({ code, watched: code });
  });

  it('of ours end a stream as its own decoder understands', () => {
    const last = cohereV2.encodeErrorFrame(new GatewayError('upstream_overloaded', 'too busy'), 'req_1');

    expect(() => decodeBytes(cohereV2, [Buffer.from(begin + last)])).toThrow('too busy');
  });
});

describe('recorded answers', () => {
  const recordings = listRecordings('cohere').filter((path) => /(?:text|tool-call)\./.test(path));

  for (const path of recordings.filter((one) => one.endsWith('.chunks.txt'))) {
    const bytes = recordedStreamBytes(path);
    itKeepsStreamLaws(cohereV2, { name: path, bytes, completeFrom: bytes.length - 2 });
  }

  it.skipIf(recordings.length === 0)(`whole: text, plan and calls come through (${noRecordings})`, () => {
    const text = cohereV2.decodeResponse(parseJson(readRecording('cohere/text.json').toString('utf8')));
    const calls = cohereV2.decodeResponse(parseJson(readRecording('cohere/tool-call.json').toString('utf8')));

    expect(text.choices[0]).toMatchObject({ finish: 'stop', parts: [{ type: 'text', text: 'The capital of France is Paris.' }] });
    expect(text.usage).toMatchObject({ input: 59, cachedInput: 448, output: 10, billed: { input: 12, output: 7 } });
    expect(calls.choices[0]?.finish).toBe('tool-calls');
    expect(calls.choices[0]?.parts.map((part) => part.type)).toEqual(['reasoning', 'tool-call', 'tool-call']);
    expect(calls.choices[0]?.parts[1]).toMatchObject({ name: 'weather', arguments: '{"location":"San Francisco"}' });
  });

  it.skipIf(recordings.length === 0)('of embeddings and rerank come through', () => {
    const read = (path: string): JsonValue => parseJson(readRecording(path).toString('utf8'));
    const embed = { task: 'embed', dialect: 'cohere-embed', model: 'm', inputs: [] } as const;
    const rerank = { task: 'rerank', dialect: 'cohere-rerank', model: 'm', query: 'q', documents: ['a', 'b'] } as const;

    expect(cohereEmbed.decodeResponse?.(read('cohere/embedding.json'), { request: embed, model: 'm' })).toMatchObject({
      vectors: [expect.arrayContaining([0.03302002]), expect.arrayContaining([-0.04660034])],
      usage: { input: 10 },
    });
    expect(cohereRerank.decodeResponse?.(read('cohere/reranking.json'), { request: rerank, model: 'm' })).toMatchObject({
      results: [{ index: 1 }, { index: 0 }],
      usage: { units: [{ unit: 'search', count: 1 }] },
    });
  });
});
