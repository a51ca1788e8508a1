import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatResponse, FinishReason, Part } from '../../canonical/chat.ts';
import type { Warning } from '../../canonical/warning.ts';
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { decodeResponse, encodeResponse, readAnswerFacts } from './response.ts';

const answer = (message: JsonObject, finish: string | null = 'stop', more: JsonObject = {}): JsonObject => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 7,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finish }],
  ...more,
});

const partsOf = (message: JsonObject, options = {}): readonly Part[] => decodeResponse(answer(message), options).choices[0]?.parts ?? [];

describe('decodeResponse', () => {
  it('reads reasoning, text and calls in that order', () => {
    const parts = partsOf({
      content: 'hello',
      reasoning_content: 'why',
      tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } }],
    });

    expect(parts).toEqual([
      { type: 'reasoning', text: 'why', origin: 'openai-chat' },
      { type: 'text', text: 'hello' },
      { type: 'tool-call', id: 'a', name: 'f', arguments: '{"x":1}' },
    ]);
  });

  it('keeps signatures with their origin', () => {
    expect(
      partsOf({
        content: 'a',
        reasoning: 'why',
        reasoning_details: [
          { type: 'reasoning.text', text: 'why', signature: 'S', format: 'anthropic-claude-v1', index: 0 },
          { type: 'reasoning.encrypted', data: 'D', format: 'openai-responses-v1', index: 1 },
        ],
      }).slice(0, 2),
    ).toEqual([
      { type: 'reasoning', text: 'why', signature: 'S', origin: 'anthropic-messages' },
      { type: 'reasoning', text: '', redacted: 'D', origin: 'openai-chat' },
    ]);
  });

  it('reads thinking blocks of LiteLLM', () => {
    expect(
      partsOf({
        content: 'a',
        reasoning_content: 'one',
        thinking_blocks: [
          { type: 'thinking', thinking: 'one', signature: 'S' },
          { type: 'redacted_thinking', data: 'D' },
        ],
      }).slice(0, 2),
    ).toEqual([
      { type: 'reasoning', text: 'one', signature: 'S', origin: 'anthropic-messages' },
      { type: 'reasoning', text: '', redacted: 'D', origin: 'anthropic-messages' },
    ]);
  });

  it('splits think tags on demand', () => {
    expect(partsOf({ content: '<think>why</think>\n\na' }, { thinkTags: true })).toEqual([
      { type: 'reasoning', text: 'why', origin: 'openai-chat' },
      { type: 'text', text: 'a' },
    ]);
  });

  it('gives the caller back the names of tools that had to be changed', () => {
    const toolNames = new Map([['a_b', 'a.b']]);

    expect(partsOf({ tool_calls: [{ id: 'x', function: { name: 'a_b', arguments: '{}' } }] }, { toolNames })).toMatchObject([
      { name: 'a.b' },
    ]);
  });

  it('accepts a missing finish reason, id, model and created', () => {
    const response = decodeResponse({ choices: [{ message: { content: 'a' } }] });

    expect(response).toMatchObject({ model: '', created: 0, choices: [{ index: 0, finish: 'stop' }] });
    expect(response.id).toMatch(/^chatcmpl/);
  });

  it('says tool-calls when a server says stop beside calls', () => {
    const calls = { content: null, tool_calls: [{ id: 'a', function: { name: 'f' } }] };

    expect(decodeResponse(answer(calls)).choices[0]).toMatchObject({ finish: 'tool-calls', parts: [{ arguments: '{}' }] });
  });

  it('keeps what it has no word for', () => {
    const response = decodeResponse(
      answer({ content: 'a', annotations: [{ type: 'url_citation' }] }, 'stop', { citations: ['u'], service_tier: null }),
    );

    expect(response.extensions?.['openai-chat']).toEqual({ citations: ['u'] });
    expect(response.choices[0]?.annotations).toEqual([{ type: 'url_citation' }]);
    expect(encodeResponse(response, [])).toMatchObject({
      citations: ['u'],
      choices: [{ message: { annotations: [{ type: 'url_citation' }] } }],
    });
  });

  it.each([
    ['an error (OpenRouter)', { error: { code: 402, message: 'm' }, user_id: 'u' }, 'upstream_quota_exhausted'],
    ['an error text (xAI)', { code: 'x', error: 'm' }, 'upstream_error'],
    ['no choices', { id: 'x', choices: [] }, 'upstream_bad_reply'],
    ['null choices', { id: 'x', choices: null }, 'upstream_bad_reply'],
    ['a list', [], 'upstream_bad_reply'],
    ['a failed finish', answer({ content: '' }, 'error'), 'upstream_error'],
  ])('refuses %s in a 200', (_name, body, code) => {
    for (const read of [decodeResponse, readAnswerFacts]) {
      try {
        read(body as JsonObject);
        expect.unreachable();
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(GatewayError);
        expect((thrown as GatewayError).code).toBe(code);
      }
    }
  });
});

describe('readAnswerFacts', () => {
  it('counts the characters of everything the model wrote', () => {
    const facts = readAnswerFacts(
      answer({
        content: [
          { type: 'thinking', thinking: [{ type: 'text', text: 'abc' }] },
          { type: 'text', text: 'de' },
        ],
        refusal: 'f',
        tool_calls: [{ function: { name: 'gh', arguments: '{}' } }],
      }),
    );

    expect(facts).toEqual({ id: 'chatcmpl-1', model: 'm', finish: 'stop', outputChars: 10 });
  });
});

describe('encodeResponse', () => {
  it('warns about blocks of another grammar', () => {
    const warnings: Warning[] = [];
    const opaque: Part = { type: 'opaque', dialect: 'anthropic-messages', wire: { type: 'web_search_tool_result' } };

    encodeResponse({ id: 'x', model: 'm', created: 1, choices: [{ index: 0, parts: [opaque], finish: 'stop' }] }, warnings);

    expect(warnings).toMatchObject([{ field: 'content.web_search_tool_result', kind: 'dropped' }]);
  });

  it('encoded and decoded again is the same answer', () => {
    const text = fc.string({ minLength: 1, maxLength: 20 });
    const reasoning: fc.Arbitrary<Part> = fc.oneof(
      fc.record({ type: fc.constant('reasoning' as const), text, signature: text, origin: fc.constant('anthropic-messages' as const) }),
      fc.record({
        type: fc.constant('reasoning' as const),
        text: fc.constant(''),
        redacted: text,
        origin: fc.constant('anthropic-messages' as const),
      }),
    );
    const call: fc.Arbitrary<Part> = fc
      .tuple(
        fc.uuid(),
        fc.stringMatching(/^[a-z]{1,10}$/),
        fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.jsonValue(), { maxKeys: 3 }),
      )
      .map(([id, name, args]) => ({ type: 'tool-call', id, name, arguments: JSON.stringify(args) }));
    const parts = fc
      .tuple(
        fc.array(reasoning, { maxLength: 3 }),
        fc.option(text, { nil: undefined }),
        fc.uniqueArray(call, { maxLength: 3, selector: (part) => ('id' in part ? part.id : '') }),
      )
      .map(([thoughts, said, calls]): Part[] => [
        ...thoughts,
        ...(said === undefined ? [] : [{ type: 'text' as const, text: said }]),
        ...calls,
      ]);
    fc.assert(
      fc.property(parts, (all) => {
        const finish: FinishReason = all.some((part) => part.type === 'tool-call') ? 'tool-calls' : 'length';
        const response: ChatResponse = { id: 'x', model: 'm', created: 1, choices: [{ index: 0, parts: all, finish }] };

        expect(decodeResponse(encodeResponse(response, [])).choices).toEqual(response.choices);
      }),
    );
  });
});
