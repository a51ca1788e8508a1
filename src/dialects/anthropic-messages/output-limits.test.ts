import { describe, expect, it } from 'vitest';
import type { ChatRequest } from '../../canonical/chat.ts';
import type { EncodeTarget } from '../dialect.ts';
import { encodeRequest } from './encode-request.ts';

const messages: ChatRequest['messages'] = [{ role: 'user', parts: [{ type: 'text', text: 'go' }] }];

function encode(fields: Partial<ChatRequest>, target: Partial<Omit<EncodeTarget, 'traits'>> & { traits?: string[] } = {}) {
  const request: ChatRequest = { model: 'x', messages, stream: false, includeUsage: false, ...fields };
  return encodeRequest(request, { model: 'claude-x', ...target, traits: new Set(target.traits) });
}

describe('max_tokens', () => {
  it('is the cap of the model when the caller gave none, or 4096 for an unknown model', () => {
    expect(encode({}, { maxOutputTokens: 64_000 }).body.max_tokens).toBe(64_000);
    expect(encode({}).body.max_tokens).toBe(4096);
  });

  it('is lowered to the cap with a warning', () => {
    const { body, warnings } = encode({ maxOutputTokens: 100_000 }, { maxOutputTokens: 8192 });

    expect(body.max_tokens).toBe(8192);
    expect(warnings).toMatchObject([{ field: 'max_tokens', kind: 'changed' }]);
  });
});

describe('thinking by budget', () => {
  const budget = ['thinking-budget'];

  it.each([
    ['minimal', 1024],
    ['low', 2048],
    ['medium', 8192],
    ['high', 24_576],
  ] as const)('adds the budget of effort %s to what the caller asked for', (effort, tokens) => {
    const { body } = encode({ reasoning: { effort }, maxOutputTokens: 1000 }, { traits: budget, maxOutputTokens: 64_000 });

    expect(body).toMatchObject({ thinking: { type: 'enabled', budget_tokens: tokens }, max_tokens: 1000 + tokens });
  });

  it('gives effort max everything but one token of the cap', () => {
    const { body } = encode({ reasoning: { effort: 'max' } }, { traits: budget, maxOutputTokens: 64_000 });

    expect(body).toMatchObject({ thinking: { budget_tokens: 63_999 }, max_tokens: 64_000 });
  });

  it('clamps the sum of answer and budget to the cap with a warning', () => {
    const { body, warnings } = encode(
      { reasoning: { effort: 'high' }, maxOutputTokens: 32_000 },
      { traits: budget, maxOutputTokens: 32_000 },
    );

    expect(body).toMatchObject({ thinking: { budget_tokens: 24_576 }, max_tokens: 32_000 });
    expect(warnings).toMatchObject([{ field: 'max_tokens', kind: 'changed' }]);
  });

  it('keeps the max_tokens of a caller who named a budget', () => {
    const { body } = encode({ reasoning: { enabled: true, budgetTokens: 2000 }, maxOutputTokens: 5000 }, { traits: budget });

    expect(body).toMatchObject({ thinking: { budget_tokens: 2000 }, max_tokens: 5000 });
  });

  it('leaves room for the answer when an adaptive wish has to become a budget', () => {
    const { body } = encode({ reasoning: { enabled: true, adaptive: true, effort: 'high' }, maxOutputTokens: 8000 }, { traits: budget });

    expect(body).toMatchObject({ thinking: { budget_tokens: 6000 }, max_tokens: 8000 });
  });

  it('raises a max_tokens that is smaller than the budget', () => {
    const { body, warnings } = encode({ reasoning: { enabled: true, budgetTokens: 5000 }, maxOutputTokens: 1000 }, { traits: budget });

    expect(body).toMatchObject({ thinking: { budget_tokens: 5000 }, max_tokens: 6000 });
    expect(warnings).toMatchObject([{ field: 'max_tokens', kind: 'changed' }]);
  });

  it('stays off with a warning where there is no room for it', () => {
    const { body, warnings } = encode({ reasoning: { effort: 'low' }, maxOutputTokens: 500 }, { traits: budget, maxOutputTokens: 1000 });

    expect(body.thinking).toBeUndefined();
    expect(warnings).toContainEqual(expect.objectContaining({ field: 'thinking', kind: 'dropped' }));
  });

  it('stays off when the tool calls being answered came without signed thinking', () => {
    const history: ChatRequest['messages'] = [
      ...messages,
      { role: 'assistant', parts: [{ type: 'tool-call', id: 'a', name: 'get', arguments: '{}' }] },
      { role: 'tool', parts: [{ type: 'tool-result', callId: 'a', parts: [{ type: 'text', text: 'A' }] }] },
    ];

    const { body, warnings } = encode({ messages: history, reasoning: { effort: 'low' } }, { traits: budget });

    expect(body.thinking).toBeUndefined();
    expect(warnings).toMatchObject([{ field: 'thinking', kind: 'dropped' }]);
  });

  it('rules out sampling and forced tools, each with a warning', () => {
    const { body, warnings } = encode(
      {
        reasoning: { effort: 'low' },
        temperature: 0.5,
        topP: 0.9,
        topK: 3,
        tools: [{ name: 't' }],
        toolChoice: { kind: 'required' },
        parallelToolCalls: false,
      },
      { traits: budget },
    );

    expect(body).not.toHaveProperty('temperature');
    expect(body).not.toHaveProperty('top_p');
    expect(body).not.toHaveProperty('top_k');
    expect(body.tool_choice).toEqual({ type: 'auto', disable_parallel_tool_use: true });
    expect(warnings.map((warning) => warning.field).sort()).toEqual(['temperature', 'tool_choice', 'top_k', 'top_p']);
  });
});

describe('adaptive thinking', () => {
  const adaptive = ['adaptive-thinking'];

  it.each([
    [{ effort: 'high' as const }, { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } }, 0],
    [{ effort: 'minimal' as const }, { thinking: { type: 'adaptive' }, output_config: { effort: 'low' } }, 1],
    [{ enabled: true, adaptive: true }, { thinking: { type: 'adaptive' } }, 0],
    [{ enabled: true, budgetTokens: 9000 }, { thinking: { type: 'adaptive' }, output_config: { effort: 'medium' } }, 1],
    [{ enabled: false }, { thinking: { type: 'disabled' } }, 0],
    [{ effort: 'none' as const }, { thinking: { type: 'disabled' } }, 0],
  ])('says the wish %j as %j', (reasoning, expected, warned) => {
    const { body, warnings } = encode({ reasoning, maxOutputTokens: 1000 }, { traits: adaptive });

    expect(body).toMatchObject({ ...expected, max_tokens: 1000 });
    expect(warnings).toHaveLength(warned);
  });

  it('puts the callers own thinking members back', () => {
    const { body } = encode(
      {
        reasoning: { enabled: true, adaptive: true },
        extensions: { 'anthropic-messages': { thinking: { display: 'summarized' }, context_management: {} } },
      },
      { traits: adaptive },
    );

    expect(body).toMatchObject({ thinking: { type: 'adaptive', display: 'summarized' }, context_management: {} });
  });
});

describe('warnings', () => {
  it('name fields as the caller wrote them', () => {
    const { warnings } = encode(
      { reasoning: { effort: 'low' }, maxOutputTokens: 9000, extensions: { 'openai-chat': {} } },
      { reasoning: false, maxOutputTokens: 8000 },
    );

    expect(warnings.map((warning) => warning.field)).toEqual(['max_completion_tokens', 'reasoning_effort']);
  });
});

describe('a model that cannot think', () => {
  it('is not asked to, with a warning', () => {
    const { body, warnings } = encode({ reasoning: { effort: 'high' } }, { reasoning: false });

    expect(body).not.toHaveProperty('thinking');
    expect(warnings).toMatchObject([{ field: 'thinking', kind: 'dropped' }]);
  });

  it('is left alone when thinking was not wanted', () => {
    expect(encode({ reasoning: { effort: 'none' } }, { reasoning: false })).toMatchObject({ warnings: [] });
  });
});

describe('sampling', () => {
  it('lowers a temperature of 1.5 to 1 with a warning', () => {
    const { body, warnings } = encode({ temperature: 1.5 });

    expect(body.temperature).toBe(1);
    expect(warnings).toMatchObject([{ field: 'temperature', kind: 'changed' }]);
  });

  it('keeps a temperature of 0', () => {
    expect(encode({ temperature: 0 }).body.temperature).toBe(0);
  });

  it('prefers temperature where the model refuses both', () => {
    const { body, warnings } = encode({ temperature: 0.5, topP: 0.9 }, { traits: ['temperature-xor-top-p'] });

    expect(body).toMatchObject({ temperature: 0.5 });
    expect(body).not.toHaveProperty('top_p');
    expect(warnings).toMatchObject([{ field: 'top_p', kind: 'dropped' }]);
  });

  it('is left out where the model refuses it', () => {
    const { body, warnings } = encode({ temperature: 0.5, topK: 5 }, { traits: ['no-sampling'] });

    expect(body).not.toHaveProperty('temperature');
    expect(warnings.map((warning) => warning.field)).toEqual(['temperature', 'top_k']);
  });
});
