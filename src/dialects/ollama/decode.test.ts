import { describe, expect, it } from 'vitest';
import type { Warning } from '../../canonical/warning.ts';
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { decodeChat } from './decode-chat.ts';
import { decodeGenerate } from './decode-generate.ts';
import { ollamaEmbed, ollamaEmbeddings } from './embed.ts';

const hi = [{ role: 'user', content: 'hi' }];
const chat = (more: JsonObject, warnings: Warning[] = []): ReturnType<typeof decodeChat> =>
  decodeChat({ model: 'm', messages: hi, ...more }, warnings);
const fieldOf = (step: () => unknown): string | undefined => {
  try {
    step();
  } catch (thrown) {
    return thrown instanceof GatewayError ? thrown.details.param : String(thrown);
  }
  return 'accepted';
};

describe('a chat', () => {
  it('is streamed unless it says otherwise', () => {
    expect([chat({}).stream, chat({ stream: true }).stream, chat({ stream: false }).stream]).toEqual([true, true, false]);
  });

  it('has its settings in `options`', () => {
    const request = chat({
      options: { temperature: 0.5, top_p: 0.9, top_k: 40, num_predict: 7, stop: 'END', seed: 3, presence_penalty: 1, frequency_penalty: 2 },
    });

    expect(request).toMatchObject({
      dialect: 'ollama',
      temperature: 0.5,
      topP: 0.9,
      topK: 40,
      maxOutputTokens: 7,
      stop: ['END'],
      seed: 3,
      presencePenalty: 1,
      frequencyPenalty: 2,
    });
  });

  it.each([-1, -2, 0])('with num_predict %i has no limit', (length) => {
    expect(chat({ options: { num_predict: length } }).maxOutputTokens).toBeUndefined();
  });

  it.each([
    ['json', { kind: 'json' }],
    [{ type: 'object' }, { kind: 'json-schema', name: 'response', schema: { type: 'object' } }],
    ['', undefined],
  ] as const)('with the format %j wants %j', (format, output) => {
    expect(chat({ format }).output).toEqual(output);
  });

  it.each([
    [true, { enabled: true }],
    [false, { enabled: false }],
    ['high', { effort: 'high' }],
    [null, undefined],
  ] as const)('with think %j wishes %j', (think, wish) => {
    expect(chat({ think }).reasoning).toEqual(wish);
  });

  it('says what nobody else can be told, and nothing about what is switched off', () => {
    const warnings: Warning[] = [];

    chat({ keep_alive: '5m', truncate: false, tool_choice: 'auto', options: { num_ctx: 8192, mirostat: 1, temperature: 1 } }, warnings);

    expect(warnings.map(({ field }) => field)).toEqual(['keep_alive', 'tool_choice', 'options.num_ctx', 'options.mirostat']);
  });

  it('gives calls without ids one, and their results the same', () => {
    const { messages } = chat({
      messages: [
        ...hi,
        {
          role: 'assistant',
          content: 'wait',
          thinking: 'hm',
          tool_calls: [{ function: { name: 'a', arguments: {} } }, { function: { name: 'b', arguments: { x: 1 } } }],
        },
        { role: 'tool', tool_name: 'b', content: '2' },
        { role: 'tool', content: '1' },
      ],
    });

    expect(messages[1]?.parts).toEqual([
      { type: 'reasoning', text: 'hm' },
      { type: 'text', text: 'wait' },
      { type: 'tool-call', id: 'call_1_0', name: 'a', arguments: '{}' },
      { type: 'tool-call', id: 'call_1_1', name: 'b', arguments: '{"x":1}' },
    ]);
    expect(messages.slice(2).map(({ parts }) => parts[0])).toMatchObject([{ callId: 'call_1_1' }, { callId: 'call_1_0' }]);
  });

  it('keeps the ids that newer clients send', () => {
    const { messages } = chat({
      messages: [
        { role: 'assistant', tool_calls: [{ id: 'x1', function: { name: 'a', arguments: '{}' } }] },
        { role: 'tool', tool_call_id: 'x1', content: 'ok' },
      ],
    });

    expect(messages.map(({ parts }) => parts[0])).toMatchObject([{ id: 'x1' }, { callId: 'x1' }]);
  });

  it.each([
    ['iVBORw0KGgoAAA', 'image/png'],
    ['/9j/4AAQ', 'image/jpeg'],
    ['R0lGODlhAQ', 'image/gif'],
    ['UklGRiQAAABXRUJQ', 'image/webp'],
    ['AAAA', 'image/jpeg'],
    ['data:image/webp;base64,AAAA', 'image/webp'],
  ])('takes the picture %s for %s', (image, mediaType) => {
    const parts = chat({ messages: [{ role: 'user', content: 'look', images: [image] }] }).messages[0]?.parts;

    expect(parts?.[1]).toMatchObject({ type: 'image', source: { kind: 'base64', mediaType } });
  });

  it.each<[JsonObject, string]>([
    [{ messages: 'x' }, 'messages'],
    [{ messages: [7] }, 'messages[0]'],
    [{ messages: [{ role: 'robot' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'user', content: 7 }] }, 'messages[0].content'],
    [{ messages: [{ role: 'user', content: 'x', images: 'y' }] }, 'messages[0].images'],
    [{ messages: [{ role: 'user', content: 'x', images: [7] }] }, 'messages[0].images[0]'],
    [{ messages: [{ role: 'assistant', tool_calls: [{}] }] }, 'messages[0].tool_calls[0].function'],
    [{ tools: [{}] }, 'tools[0].function'],
    [{ format: 7 }, 'format'],
    [{ think: 'deeply' }, 'think'],
    [{ options: { stop: [7] } }, 'options.stop'],
    [{ options: { temperature: 'hot' } }, 'options.temperature'],
    [{ stream: 'yes' }, 'stream'],
  ])('%j is refused naming %s', (more, field) => {
    expect(fieldOf(() => chat(more))).toBe(field);
  });
});

describe('a prompt', () => {
  it('is a chat of one turn with its system text and pictures', () => {
    expect(decodeGenerate({ name: 'old', prompt: 'hi', system: 'brief', images: ['AAAA'], stream: false })).toMatchObject({
      model: 'old',
      stream: false,
      messages: [
        { role: 'system', parts: [{ type: 'text', text: 'brief' }] },
        { role: 'user', parts: [{ type: 'text', text: 'hi' }, { type: 'image' }] },
      ],
    });
  });

  it('says what happens to raw prompts, suffixes, templates and contexts', () => {
    const warnings: Warning[] = [];

    decodeGenerate({ model: 'm', prompt: 'hi', raw: true, suffix: 's', template: 't', context: [1] }, warnings);

    expect(warnings.map(({ field, kind }) => `${field} ${kind}`)).toEqual([
      'raw changed',
      'suffix dropped',
      'template dropped',
      'context dropped',
    ]);
  });
});

describe('embeddings', () => {
  const context = { task: 'embed', warnings: [], files: {} } as const;

  it('take one text or many, cut off at the end unless told otherwise', () => {
    expect(
      ollamaEmbed.decodeRequest?.({ model: 'm', input: 'a', dimensions: 8, truncate: false }, { ...context, warnings: [] }),
    ).toMatchObject({
      inputs: [{ kind: 'text', text: 'a' }],
      dimensions: 8,
      truncate: 'none',
    });
    expect(ollamaEmbed.decodeRequest?.({ model: 'm', input: ['a', 'b'] }, { ...context, warnings: [] }).inputs).toHaveLength(2);
    expect(fieldOf(() => ollamaEmbed.decodeRequest?.({ model: 'm', input: ['a', 7] }, { ...context, warnings: [] }))).toBe('input[1]');
    expect(fieldOf(() => ollamaEmbed.decodeRequest?.({ model: 'm' }, { ...context, warnings: [] }))).toBe('input');
  });

  it('answer numbers, also where the provider answered base64', () => {
    const request = ollamaEmbeddings.decodeRequest?.({ model: 'm', prompt: 'a' }, { ...context, warnings: [] });
    if (request === undefined) throw new Error('no client side');
    const response = { model: 'm', vectors: ['AAAAPwAAgD4='] };

    expect(ollamaEmbeddings.encodeResponse?.(response, { request, warnings: [] })).toEqual({
      kind: 'json',
      json: { embedding: [0.5, 0.25] },
    });
    expect(ollamaEmbed.encodeResponse?.(response, { request, warnings: [] })).toMatchObject({ json: { embeddings: [[0.5, 0.25]] } });
  });
});
