import { describe, expect, it } from 'vitest';
import type { Warning } from '../../canonical/warning.ts';
import type { JsonObject } from '../../core/json.ts';
import { anthropicMessages } from '../anthropic-messages/index.ts';
import { openaiChat } from '../openai-chat/index.ts';
import { decodeRequest } from './request-decode.ts';

const base = { model: 'gpt-x', prompt: 'Once upon a time' };

function decode(body: JsonObject): { readonly request: ReturnType<typeof decodeRequest>; readonly warnings: readonly Warning[] } {
  const warnings: Warning[] = [];
  return { request: decodeRequest(body, warnings), warnings };
}

it('asks a chat model with the prompt as its one message', () => {
  const { request, warnings } = decode(base);

  expect(request.messages).toEqual([{ role: 'user', parts: [{ type: 'text', text: 'Once upon a time' }] }]);
  expect(request).toMatchObject({ model: 'gpt-x', stream: false, includeUsage: false });
  expect(warnings).toEqual([]);
});

it('writes at most 16 tokens unless told otherwise, as the vendor does', () => {
  expect(decode(base).request.maxOutputTokens).toBe(16);
  expect(decode({ ...base, max_tokens: null }).request.maxOutputTokens).toBe(16);
  expect(decode({ ...base, max_tokens: 300 }).request.maxOutputTokens).toBe(300);
});

it('carries the parameters that both APIs have', () => {
  const shared = { temperature: 0, top_p: 0.5, stop: ['\n', 'END'], n: 2, seed: 7, user: 'u1', presence_penalty: 1, frequency_penalty: -1 };

  const { request, warnings } = decode({ ...base, ...shared, stream: true, stream_options: { include_usage: true } });

  expect(request).toMatchObject({
    temperature: 0,
    topP: 0.5,
    stop: ['\n', 'END'],
    count: 2,
    seed: 7,
    endUser: 'u1',
    presencePenalty: 1,
    frequencyPenalty: -1,
    stream: true,
    includeUsage: true,
  });
  expect(warnings).toEqual([]);
});

it('sends members it does not know to an OpenAI upstream', () => {
  const { request } = decode({ ...base, logit_bias: { '50256': -100 }, x_new: 1 });

  const { body } = openaiChat.encodeRequest(request, { model: 'wire', traits: new Set() });

  expect(body).toMatchObject({ logit_bias: { '50256': -100 }, x_new: 1, messages: [{ role: 'user', content: 'Once upon a time' }] });
  expect(body).not.toHaveProperty('prompt');
});

describe('what no chat model can be asked', () => {
  it.each([
    ['echo', true],
    ['best_of', 3],
    ['suffix', ' The end.'],
    ['logprobs', 5],
    ['logprobs', 0],
    ['tools', [{ type: 'function', function: { name: 'f' } }]],
    ['messages', [{ role: 'user', content: 'x' }]],
  ])('is left out and told: %s', (field, value) => {
    const { request, warnings } = decode({ ...base, [field]: value });

    expect(warnings).toEqual([{ field, kind: 'dropped', message: expect.any(String) }]);
    const sent = openaiChat.encodeRequest(request, { model: 'wire', traits: new Set() }).body;
    expect(sent[field]).toEqual(field === 'messages' ? [{ role: 'user', content: base.prompt }] : undefined);
  });

  it('is no loss where the value says nothing, as SDKs send every default along', () => {
    const { warnings } = decode({ ...base, echo: false, best_of: 1, suffix: null, logprobs: null });

    expect(warnings).toEqual([]);
  });

  it('counts best_of only above n', () => {
    expect(decode({ ...base, n: 2, best_of: 2 }).warnings).toEqual([]);
    expect(decode({ ...base, n: 2, best_of: 4 }).warnings).toHaveLength(1);
  });
});

it('names the length as the caller does when a model writes less', () => {
  const { request } = decode({ ...base, max_tokens: 9_000 });
  const target = { model: 'wire', traits: new Set<string>(), maxOutputTokens: 4_096 };

  for (const dialect of [openaiChat, anthropicMessages]) {
    expect(dialect.encodeRequest(request, target).warnings, dialect.id).toContainEqual(expect.objectContaining({ field: 'max_tokens' }));
  }
});

it('refuses a wrong type by name', () => {
  expect(() => decode({ ...base, temperature: 'hot' })).toThrow(
    expect.objectContaining({ code: 'invalid_request', details: { param: 'temperature' } }),
  );
});
