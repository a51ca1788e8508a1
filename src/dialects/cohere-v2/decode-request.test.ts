import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../core/errors.ts';
import { type JsonObject, parseJson } from '../../core/json.ts';
import { decodeRequest } from './decode-request.ts';

const decode = (more: JsonObject): ReturnType<typeof decodeRequest> =>
  decodeRequest({ model: 'command-a', messages: [{ role: 'user', content: 'hi' }], ...more });

function refusalOf(more: JsonObject): string | undefined {
  try {
    decode(more);
  } catch (thrown) {
    return thrown instanceof GatewayError && thrown.code === 'invalid_request' ? thrown.details.param : String(thrown);
  }
  return 'accepted';
}

describe('settings', () => {
  it('become canonical words', () => {
    const request = decode({
      max_tokens: 9,
      temperature: 0.2,
      p: 0.5,
      k: 3,
      seed: 7,
      frequency_penalty: 0.1,
      presence_penalty: 0.2,
      stop_sequences: ['END'],
      thinking: { type: 'enabled', token_budget: 100 },
      response_format: { type: 'json_object', json_schema: { type: 'object' } },
      tool_choice: 'REQUIRED',
      strict_tools: true,
      tools: [{ type: 'function', function: { name: 'clock', description: 'd', parameters: { type: 'object' } } }],
    });

    expect(request).toMatchObject({
      dialect: 'cohere-v2',
      maxOutputTokens: 9,
      temperature: 0.2,
      topP: 0.5,
      topK: 3,
      seed: 7,
      frequencyPenalty: 0.1,
      presencePenalty: 0.2,
      stop: ['END'],
      reasoning: { enabled: true, budgetTokens: 100 },
      output: { kind: 'json-schema', schema: { type: 'object' } },
      toolChoice: { kind: 'required' },
      tools: [{ name: 'clock', description: 'd', parameters: { type: 'object' }, strict: true }],
      stream: false,
      includeUsage: true,
    });
  });

  it('that no other grammar knows are kept as they are', () => {
    const request = decode({ safety_mode: 'STRICT', citation_options: { mode: 'OFF' }, logprobs: null });

    expect(request.extensions).toEqual({ 'cohere-v2': { safety_mode: 'STRICT', citation_options: { mode: 'OFF' } } });
  });

  it('called __proto__ stay data', () => {
    const body = parseJson('{"model":"m","messages":[{"role":"user","content":"hi"}],"__proto__":{"polluted":true}}') as JsonObject;

    const own = decodeRequest(body).extensions?.['cohere-v2'] ?? {};

    expect(Object.keys(own)).toEqual(['__proto__']);
    expect('polluted' in own).toBe(false);
  });
});

describe('messages', () => {
  it('keep plans as thinking, calls, results and documents in results', () => {
    const request = decode({
      messages: [
        { role: 'system', content: 'brief' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'look' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA', detail: 'low' } },
          ],
        },
        {
          role: 'assistant',
          tool_plan: 'I look',
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'clock', arguments: 'null' } }],
        },
        {
          role: 'tool',
          tool_call_id: 'c1',
          content: [
            { type: 'document', document: { data: { time: 'noon', zone: 'CET' } } },
            { type: 'text', text: 'ok' },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'hm' },
            { type: 'text', text: 'noon' },
          ],
        },
      ],
    });

    expect(request.messages.map((message) => message.parts)).toEqual([
      [{ type: 'text', text: 'brief' }],
      [
        { type: 'text', text: 'look' },
        { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AAAA' }, detail: 'low' },
      ],
      [
        { type: 'reasoning', text: 'I look', origin: 'cohere-v2' },
        { type: 'tool-call', id: 'c1', name: 'clock', arguments: '{}' },
      ],
      [
        {
          type: 'tool-result',
          callId: 'c1',
          parts: [
            { type: 'text', text: 'time: noon\nzone: CET' },
            { type: 'text', text: 'ok' },
          ],
        },
      ],
      [
        { type: 'reasoning', text: 'hm', origin: 'cohere-v2' },
        { type: 'text', text: 'noon' },
      ],
    ]);
  });

  it('carry documents as text files before the newest question', () => {
    const request = decode({ documents: ['first', { id: 'two', data: { text: 'second' } }, { data: { title: 'T', snippet: 'S' } }] });
    const files = request.messages[0]?.parts.flatMap((part) =>
      part.type === 'file' && part.source.kind === 'base64'
        ? [[part.filename, Buffer.from(part.source.data, 'base64').toString('utf8')]]
        : [],
    );

    expect(files).toEqual([
      ['document-1', 'first'],
      ['two', 'second'],
      ['document-3', 'title: T\nsnippet: S'],
    ]);
    expect(request.messages[0]?.parts.at(-1)).toEqual({ type: 'text', text: 'hi' });
  });
});

describe('wrong types', () => {
  it.each<[JsonObject, string]>([
    [{ messages: [] }, 'messages'],
    [{ messages: [7] }, 'messages[0]'],
    [{ messages: [{ role: 'robot', content: 'x' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'user', content: 7 }] }, 'messages[0].content'],
    [{ messages: [{ role: 'user', content: [7] }] }, 'messages[0].content[0]'],
    [{ messages: [{ role: 'tool', content: 'x' }] }, 'messages[0].tool_call_id'],
    [{ messages: [{ role: 'assistant', tool_calls: [{ id: 'x' }] }] }, 'messages[0].tool_calls[0].function'],
    [{ documents: [7] }, 'documents[0]'],
    [{ tools: [{ type: 'function' }] }, 'tools[0].function'],
    [{ tool_choice: 'MAYBE' }, 'tool_choice'],
    [{ response_format: { type: 'xml' } }, 'response_format.type'],
    [{ stop_sequences: [1] }, 'stop_sequences[0]'],
    [{ thinking: { type: 'maybe' } }, 'thinking.type'],
    [{ max_tokens: 0 }, 'max_tokens'],
    [{ p: 'half' }, 'p'],
  ])('%j names %s', (more, field) => {
    expect(refusalOf(more)).toBe(field);
  });
});
