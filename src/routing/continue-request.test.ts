import { describe, expect, it } from 'vitest';
import type { ChatRequest } from '../canonical/chat.ts';
import { canBeContinued, markedAsPrefix, withPrefill } from './continue-request.ts';

const user = { role: 'user', parts: [{ type: 'text', text: 'go' }] } as const;
const request: ChatRequest = { model: 'm', messages: [user], stream: true, includeUsage: false };
const assistant = (text: string) => ({ role: 'assistant', parts: [{ type: 'text', text }] });

describe('a request for the rest', () => {
  it('ends in what was said, without the space at its end', () => {
    const { request: rest, space } = withPrefill(request, { text: 'one two \n', outputTokens: 3 });

    expect(rest.messages).toEqual([user, assistant('one two')]);
    expect(space).toBe(' \n');
  });

  it('is the same request where only space was said', () => {
    const { request: rest, space } = withPrefill(request, { text: '\n', outputTokens: 1 });

    expect(rest.messages).toEqual([user]);
    expect(space).toBe('\n');
  });

  it.each([
    [100, 30, 70],
    [100, 100, 1],
    [100, 500, 1],
    [undefined, 30, undefined],
  ])('has what is left of the output (%s, %s used)', (maxOutputTokens, outputTokens, left) => {
    const asked = maxOutputTokens === undefined ? request : { ...request, maxOutputTokens };

    expect(withPrefill(asked, { text: 'one', outputTokens }).request.maxOutputTokens).toBe(left);
  });

  it('asks for no more thinking, in whichever words', () => {
    const asked: ChatRequest = {
      ...request,
      reasoning: { effort: 'high' },
      extensions: { 'openai-chat': { thinking: { type: 'enabled' }, reasoning_effort: 'high', service_tier: 'flex' } },
    };

    const { request: rest } = withPrefill(asked, { text: 'one', outputTokens: 1 });

    expect(rest.reasoning).toBeUndefined();
    expect(rest.extensions).toEqual({ 'openai-chat': { service_tier: 'flex' } });
  });
});

describe('an answer that may be written by two', () => {
  it('is plain text, tools at hand or not', () => {
    expect(canBeContinued(request)).toBe(true);
    expect(canBeContinued({ ...request, count: 1, tools: [{ name: 'look' }], toolChoice: { kind: 'auto' } })).toBe(true);
    expect(canBeContinued({ ...request, extensions: { 'openai-chat': { logprobs: false, user: 'logprobs' } } })).toBe(true);
  });

  it.each<readonly [string, Partial<ChatRequest>]>([
    ['has a form', { output: { kind: 'json' } }],
    ['is one of several', { count: 2 }],
    ['is a call', { toolChoice: { kind: 'required' } }],
    ['is a named call', { toolChoice: { kind: 'tool', name: 'look' } }],
    ['was begun by the caller', { messages: [user, { role: 'assistant', parts: [{ type: 'text', text: 'So' }] }] }],
    ['has probabilities (OpenAI)', { extensions: { 'openai-chat': { logprobs: true } } }],
    ['has probabilities (Responses)', { extensions: { 'openai-responses': { top_logprobs: 3 } } }],
    ['has probabilities (Gemini)', { extensions: { gemini: { generationConfig: { responseLogprobs: true } } } }],
  ])('is none that %s', (_what, more) => {
    expect(canBeContinued({ ...request, ...more })).toBe(false);
  });
});

describe('a beginning that has to be marked', () => {
  const body = {
    messages: [
      { role: 'user', content: 'go' },
      { role: 'assistant', content: 'one' },
    ],
  };

  it('is marked, and expected in the answer', () => {
    expect(markedAsPrefix({ body, warnings: [] })).toEqual({
      body: {
        messages: [
          { role: 'user', content: 'go' },
          { role: 'assistant', content: 'one', prefix: true },
        ],
      },
      warnings: [],
      repeatedPrefix: 'one',
    });
  });

  it('is left alone where that was done', () => {
    const done = { body: { messages: [{ role: 'assistant', content: 'one', prefix: true }] }, warnings: [], repeatedPrefix: 'one' };

    expect(markedAsPrefix(done)).toEqual(done);
  });
});
