import { describe, expect, it } from 'vitest';
import type { Warning } from '../../canonical/warning.ts';
import { GatewayError } from '../../core/errors.ts';
import type { MutableJson } from '../../core/json.ts';
import type { Reshape, ReshapeContext } from '../provider.ts';
import { alternation } from './alternation.ts';
import { assistantPrefix } from './assistant-prefix.ts';
import { clampEffort } from './clamp-effort.ts';
import { dropForModels } from './drop-for-models.ts';
import { effortNoneAsThinking } from './effort-none-as-thinking.ts';
import { embeddingInputType } from './embedding-input-type.ts';
import { explicitMaxTokens } from './explicit-max-tokens.ts';
import { flattenContent } from './flatten-content.ts';
import { strictHistory } from './foreign-history.ts';
import { inlineImagesOnly } from './inline-images-only.ts';
import { jsonObjectAsSchema } from './json-object-as-schema.ts';
import { jsonSchemaEmulation } from './json-schema-emulation.ts';
import { flatJsonSchema } from './json-schema-flat.ts';
import { dropMessageNames } from './message-names.ts';
import { reasoningAlways, reasoningNever } from './reasoning-replay.ts';
import { shortToolIds } from './short-tool-ids.ts';
import { stripAdditionalProperties } from './strip-additional-properties.ts';
import { thinkingAsBudget, thinkingAsEffort } from './thinking-form.ts';
import { toolCallArguments } from './tool-call-arguments.ts';
import { toolResultName } from './tool-result-name.ts';

function apply(reshape: Reshape, body: MutableJson, context: Partial<ReshapeContext> = {}) {
  const warnings: Warning[] = [];
  const edited = { ...body };
  reshape.apply(edited, { model: 'm', traits: new Set(), warn: (warning) => warnings.push(warning), ...context });
  return { body: edited, warned: warnings.map(({ kind, field }) => `${kind} ${field}`) };
}

const callTurn = (id: string, args?: unknown) => ({
  role: 'assistant',
  content: null,
  tool_calls: [{ id, type: 'function', function: { name: 'weather', ...(args !== undefined && { arguments: args }) } }],
});

describe('message names', () => {
  it('go, except on tool results, and the first one is named in the warning', () => {
    const messages = [
      { role: 'tool', tool_call_id: 'x', name: 'f', content: '' },
      { role: 'user', name: 'Ann', content: 'hi' },
    ];
    const { body, warned } = apply(dropMessageNames, { messages });

    expect(body['messages']).toEqual([messages[0], { role: 'user', content: 'hi' }]);
    expect(warned).toEqual(['dropped messages[1].name']);
  });
});

describe('flatten-content', () => {
  it('joins arrays that hold text only', () => {
    const image = [
      { type: 'text', text: 'look' },
      { type: 'image_url', image_url: { url: 'data:' } },
    ];
    const messages = [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
      { role: 'user', content: image },
    ];

    expect(apply(flattenContent, { messages }).body['messages']).toEqual([
      { role: 'user', content: 'a\nb' },
      { role: 'user', content: image },
    ]);
  });
});

describe('schemas and JSON mode', () => {
  const schema = { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false };
  const response_format = { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } };

  it('lose their wrapper for Together', () => {
    expect(apply(flatJsonSchema, { response_format }).body['response_format']).toEqual({ type: 'json_schema', schema });
  });

  it('move into the system prompt where only JSON mode exists', () => {
    const { body, warned } = apply(jsonSchemaEmulation, { response_format, messages: [{ role: 'system', content: 'Be brief.' }] });

    expect(body['response_format']).toEqual({ type: 'json_object' });
    expect(body['messages']).toEqual([
      {
        role: 'system',
        content: `Be brief.\n\nAnswer with one JSON object that is valid against this JSON schema:\n${JSON.stringify(schema)}`,
      },
    ]);
    expect(warned).toEqual(['emulated response_format']);
  });

  it('become a system message of their own when there is none', () => {
    const { body } = apply(jsonSchemaEmulation, { response_format, messages: [{ role: 'user', content: 'hi' }] });

    expect((body['messages'] as { role: string }[]).map(({ role }) => role)).toEqual(['system', 'user']);
  });

  it('stand in for JSON mode where only schemas exist', () => {
    const { body, warned } = apply(jsonObjectAsSchema, { response_format: { type: 'json_object' } });

    expect(body['response_format']).toEqual({ type: 'json_schema', json_schema: { name: 'json', schema: { type: 'object' } } });
    expect(warned).toEqual(['emulated response_format']);
  });

  it('lose additionalProperties: false at every depth, and a property of that name stays', () => {
    const parameters = {
      type: 'object',
      additionalProperties: false,
      properties: { additionalProperties: { type: 'boolean' }, a: { items: schema } },
    };
    const { body, warned } = apply(stripAdditionalProperties, { tools: [{ function: { parameters } }], response_format });

    expect(JSON.stringify(body)).not.toContain('"additionalProperties":false');
    expect(body['tools']).toMatchObject([{ function: { parameters: { properties: { additionalProperties: { type: 'boolean' } } } } }]);
    expect(warned).toEqual(['changed tools', 'changed response_format']);
  });
});

describe('reasoning effort', () => {
  it('becomes the nearest one the provider knows', () => {
    const clamp = clampEffort({ minimal: 'low', xhigh: 'high' });

    expect(apply(clamp, { reasoning_effort: 'xhigh' })).toEqual({
      body: { reasoning_effort: 'high' },
      warned: ['changed reasoning_effort'],
    });
    expect(apply(clamp, { reasoning_effort: 'low' }).warned).toEqual([]);
    expect(apply(clamp, { reasoning_effort: 'constructor' }).body).toEqual({ reasoning_effort: 'constructor' });
  });

  it('none switches thinking off for DeepSeek', () => {
    expect(apply(effortNoneAsThinking, { reasoning_effort: 'none' }).body).toEqual({
      reasoning_effort: undefined,
      thinking: { type: 'disabled' },
    });
  });

  it('is dropped for models that do not take it', () => {
    const drop = dropForModels({ members: ['reasoning_effort'], models: (model) => model === 'm', because: 'no' });

    expect(apply(drop, { reasoning_effort: 'low' })).toEqual({
      body: { reasoning_effort: undefined },
      warned: ['dropped reasoning_effort'],
    });
    expect(apply(drop, { reasoning_effort: 'low' }, { model: 'other' }).body).toEqual({ reasoning_effort: 'low' });
  });
});

describe('alternation', () => {
  const turn = (role: string, content: string) => ({ role, content });

  it('merges turns of one role and puts a later system message into the user’s mouth', () => {
    const messages = [
      turn('system', 's'),
      turn('user', 'a'),
      turn('user', 'b'),
      turn('system', 'c'),
      turn('assistant', 'd'),
      turn('user', 'e'),
    ];

    expect(apply(alternation, { messages }).body['messages']).toEqual([
      turn('system', 's'),
      turn('user', 'a\n\nb\n\nc'),
      turn('assistant', 'd'),
      turn('user', 'e'),
    ]);
  });

  it('opens and closes with the user', () => {
    const { body, warned } = apply(alternation, { messages: [turn('assistant', 'a')] });

    expect(body['messages']).toEqual([turn('user', '.'), turn('assistant', 'a'), turn('user', 'Continue.')]);
    expect(warned).toContain('emulated messages');
  });

  it('tells tool calls and results as text', () => {
    const messages = [turn('user', 'q'), callTurn('call_1', '{"city":"Oslo"}'), { role: 'tool', tool_call_id: 'call_1', content: 'rain' }];
    const { body } = apply(alternation, { messages });

    expect(body['messages']).toEqual([
      turn('user', 'q'),
      turn('assistant', 'Called a tool: {"name":"weather","arguments":"{\\"city\\":\\"Oslo\\"}"}'),
      turn('user', 'Result of a tool: rain'),
    ]);
  });

  it('leaves a conversation alone that is in turns already', () => {
    const messages = [turn('user', 'a'), turn('assistant', 'b'), turn('user', 'c')];
    const { body, warned } = apply(alternation, { messages });

    expect(body['messages']).toBe(messages);
    expect(warned).toEqual([]);
  });

  it('keeps images of merged turns', () => {
    const image = { type: 'image_url', image_url: { url: 'data:' } };
    const { body } = apply(alternation, { messages: [turn('user', 'a'), { role: 'user', content: [image] }] });

    expect(body['messages']).toEqual([{ role: 'user', content: [{ type: 'text', text: 'a' }, image] }]);
  });
});

describe('earlier reasoning', () => {
  it('is there on every assistant turn for DeepSeek V4', () => {
    const messages = [
      { role: 'user', content: 'q' },
      { role: 'assistant', content: 'a' },
      { role: 'assistant', content: 'b', reasoning_content: 'r' },
    ];

    expect(apply(reasoningAlways, { messages }).body['messages']).toEqual([
      messages[0],
      { ...messages[1], reasoning_content: '' },
      messages[2],
    ]);
  });

  it('is gone for DeepSeek R1', () => {
    const { body, warned } = apply(reasoningNever, { messages: [{ role: 'assistant', content: 'b', reasoning_content: 'r' }] });

    expect(body['messages']).toEqual([{ role: 'assistant', content: 'b' }]);
    expect(warned).toHaveLength(1);
  });
});

describe('foreign history', () => {
  const messages = [
    { role: 'user', content: [{ type: 'text', text: 'q', cache_control: { type: 'ephemeral' } }] },
    { role: 'assistant', content: 'a', reasoning_content: 'r', reasoning_details: [], thinking_blocks: [] },
  ];

  it('loses what strict servers refuse, with one warning a kind', () => {
    const { body, warned } = apply(strictHistory(), {
      messages,
      tools: [{ type: 'function', function: { name: 'f', cache_control: {} } }],
    });

    expect(body['messages']).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'q' }] },
      { role: 'assistant', content: 'a' },
    ]);
    expect(body['tools']).toEqual([{ type: 'function', function: { name: 'f' } }]);
    expect(warned.sort()).toEqual([
      'dropped cache_control',
      'dropped messages[].reasoning_content',
      'dropped messages[].reasoning_details',
      'dropped messages[].thinking_blocks',
    ]);
  });

  it('goes back under the provider’s own name where it has one', () => {
    const { body } = apply(strictHistory({ reasoningAs: 'reasoning' }), {
      messages: [{ role: 'assistant', content: 'a', reasoning_content: 'r' }],
    });

    expect(body['messages']).toEqual([{ role: 'assistant', content: 'a', reasoning: 'r' }]);
  });

  it('does not touch the caller’s objects', () => {
    const before = structuredClone(messages);
    apply(strictHistory(), { messages });

    expect(messages).toEqual(before);
  });
});

describe('Mistral’s tool turns', () => {
  it('have the function’s name on results', () => {
    const result = { role: 'tool', tool_call_id: 'call_1', content: 'rain' };

    expect(apply(toolResultName, { messages: [callTurn('call_1', '{}'), result] }).body['messages']).toMatchObject([
      {},
      { name: 'weather' },
    ]);
  });

  it('have ids of nine letters and digits, the same on call and result', () => {
    const messages = [
      callTurn('toolu_01A09q90qw90lq917835lq9', '{}'),
      { role: 'tool', tool_call_id: 'toolu_01A09q90qw90lq917835lq9', content: 'x' },
    ];
    const [call, result] = apply(shortToolIds, { messages }).body['messages'] as [
      { tool_calls: { id: string }[] },
      { tool_call_id: string },
    ];

    expect(call.tool_calls[0]?.id).toMatch(/^[a-zA-Z0-9]{9}$/);
    expect(result.tool_call_id).toBe(call.tool_calls[0]?.id);
  });

  it('keep ids that fit', () => {
    const messages = [callTurn('abcDEF123', '{}')];

    expect(apply(shortToolIds, { messages }).body['messages']).toBe(messages);
  });

  it('always have arguments, as text', () => {
    const { body } = apply(toolCallArguments, { messages: [callTurn('a'), callTurn('b', { x: 1 }), callTurn('c', '')] });
    const args = (body['messages'] as { tool_calls: { function: { arguments: string } }[] }[]).map(
      ({ tool_calls }) => tool_calls[0]?.function.arguments,
    );

    expect(args).toEqual(['{}', '{"x":1}', '{}']);
  });

  it('mark a prefill as one, and nothing that calls tools', () => {
    expect(apply(assistantPrefix, { messages: [{ role: 'assistant', content: 'Once' }] }).body['messages']).toEqual([
      { role: 'assistant', content: 'Once', prefix: true },
    ]);
    expect(apply(assistantPrefix, { messages: [callTurn('a', '{}')] }).warned).toEqual([]);
  });

  it('warn that a prefill comes back only where nobody can take it away', () => {
    const body = { messages: [{ role: 'assistant', content: 'Once' }] };
    const repeated: string[] = [];

    expect(apply(assistantPrefix, body).warned).toEqual(['emulated messages[0]']);
    expect(apply(assistantPrefix, body, { repeats: (prefix) => repeated.push(prefix) }).warned).toEqual([]);
    expect(repeated).toEqual(['Once']);
  });
});

describe('Ollama’s images', () => {
  it('by URL are refused with the place of the image', () => {
    const messages = [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }] }];
    let thrown: unknown;
    try {
      apply(inlineImagesOnly, { messages });
    } catch (error) {
      thrown = error;
    }

    expect(thrown).toBeInstanceOf(GatewayError);
    expect(thrown).toMatchObject({ code: 'unsupported_capability', details: { param: 'messages[0].content[0].image_url' } });
  });

  it('as data URLs pass', () => {
    const messages = [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } }] }];

    expect(apply(inlineImagesOnly, { messages }).body['messages']).toBe(messages);
  });
});

describe('NVIDIA’s embeddings', () => {
  it('say what they are for: one text searches, a list is indexed', () => {
    expect(apply(embeddingInputType, { input: 'q' }).body['input_type']).toBe('query');
    expect(apply(embeddingInputType, { input: ['a', 'b'] }).body['input_type']).toBe('passage');
    expect(apply(embeddingInputType, { input: ['a'], input_type: 'query' })).toMatchObject({ body: { input_type: 'query' }, warned: [] });
  });
});

describe('explicit max_tokens', () => {
  it('is the model’s cap unless the caller gave one or the cap is unknown', () => {
    expect(apply(explicitMaxTokens, {}, { maxOutputTokens: 8_192 }).body).toEqual({ max_tokens: 8_192 });
    expect(apply(explicitMaxTokens, { max_tokens: 5 }, { maxOutputTokens: 8_192 }).body).toEqual({ max_tokens: 5 });
    expect(apply(explicitMaxTokens, {}).body).toEqual({});
  });
});

describe('Claude’s thinking', () => {
  const budgetOnly = { traits: new Set(['thinking-budget']) };

  it('adaptive becomes a budget below max_tokens for older models', () => {
    const { body, warned } = apply(
      thinkingAsBudget,
      { thinking: { type: 'adaptive' }, output_config: { effort: 'high' }, max_tokens: 8_000 },
      budgetOnly,
    );

    expect(body).toEqual({ thinking: { type: 'enabled', budget_tokens: 4_000 }, output_config: undefined, max_tokens: 8_000 });
    expect(warned).toEqual(['changed thinking']);
  });

  it('is left out when max_tokens has no room for the smallest budget', () => {
    expect(apply(thinkingAsBudget, { thinking: { type: 'adaptive' }, max_tokens: 1_000 }, budgetOnly).body['thinking']).toBeUndefined();
  });

  it('with a budget becomes an effort for models that take none', () => {
    const context = { traits: new Set(['adaptive-thinking']) };

    expect(apply(thinkingAsEffort, { thinking: { type: 'enabled', budget_tokens: 20_000 } }, context).body).toEqual({
      thinking: { type: 'adaptive' },
      output_config: { effort: 'high' },
    });
  });

  it('stays as it is for a model that knows both ways', () => {
    const context = { traits: new Set(['adaptive-thinking', 'thinking-budget']) };
    const thinking = { type: 'enabled', budget_tokens: 2_000 };

    expect(apply(thinkingAsEffort, { thinking }, context).body).toEqual({ thinking });
    expect(apply(thinkingAsBudget, { thinking: { type: 'adaptive' } }, context).body).toEqual({ thinking: { type: 'adaptive' } });
  });
});
