// Whatever history a caller brings, the request that goes to the vendor obeys the rules under which it refuses whole requests.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatRequest, Message, Part } from '../../src/canonical/chat.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { anthropicMessages } from '../../src/dialects/anthropic-messages/index.ts';

interface Block {
  readonly type: string;
  readonly [key: string]: unknown;
}
interface Turn {
  readonly role: string;
  readonly content: readonly Block[];
}

const text = fc.oneof(fc.constantFrom('', ' ', '\n', 'hello ', ' x'), fc.string({ maxLength: 5 }));
const callId = fc.constantFrom('a', 'b', 'call.0', 'call_0', 'functions.f:0', '');
const toolArguments = fc.constantFrom('', '{}', '{"x":1}', '{"x":', 'null', '[1]');
const cache = fc.constantFrom({}, { cache: {} }, { cache: { ttl: '1h' as const } }, { cache: { ttl: '5m' as const } });
const textPart: fc.Arbitrary<Part> = fc.tuple(text, cache).map(([value, mark]) => ({ type: 'text', text: value, ...mark }));
const callPart: fc.Arbitrary<Part> = fc
  .tuple(callId, toolArguments, cache)
  .map(([id, args, mark]) => ({ type: 'tool-call', id, name: 'my.tool', arguments: args, ...mark }));
const resultPart: fc.Arbitrary<Part> = fc
  .tuple(callId, fc.array(textPart, { maxLength: 2 }), cache)
  .map(([id, parts, mark]) => ({ type: 'tool-result', callId: id, parts, ...mark }));
const reasoningPart: fc.Arbitrary<Part> = fc.constantFrom<Part>(
  { type: 'reasoning', text: 'foreign' },
  { type: 'reasoning', text: 'own', signature: 's', origin: 'anthropic-messages' },
);

const message: fc.Arbitrary<Message> = fc.oneof(
  fc.array(textPart, { maxLength: 2 }).map((parts): Message => ({ role: 'system', parts })),
  fc.array(textPart, { maxLength: 3 }).map((parts): Message => ({ role: 'user', parts })),
  fc.array(fc.oneof(textPart, callPart, reasoningPart), { maxLength: 4 }).map((parts): Message => ({ role: 'assistant', parts })),
  fc.array(resultPart, { minLength: 1, maxLength: 2 }).map((parts): Message => ({ role: 'tool', parts })),
);

const request: fc.Arbitrary<ChatRequest> = fc
  .record({
    messages: fc.array(message, { maxLength: 8 }),
    effort: fc.constantFrom(undefined, 'none', 'low', 'high', 'max' as const),
    maxOutputTokens: fc.option(fc.integer({ min: 1, max: 50_000 }), { nil: undefined }),
    temperature: fc.option(fc.double({ min: 0, max: 2, noNaN: true }), { nil: undefined }),
    topP: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
    forced: fc.boolean(),
    json: fc.boolean(),
  })
  .map(
    ({ messages, effort, maxOutputTokens, temperature, topP, forced, json }): ChatRequest => ({
      model: 'x',
      messages,
      stream: true,
      includeUsage: true,
      tools: [{ name: 'my.tool', cache: {} }],
      ...(effort !== undefined && { reasoning: { effort } }),
      ...(maxOutputTokens !== undefined && { maxOutputTokens }),
      ...(temperature !== undefined && { temperature }),
      ...(topP !== undefined && { topP }),
      ...(forced && { toolChoice: { kind: 'required' as const } }),
      ...(json && { output: { kind: 'json-schema' as const, name: 'a', schema: { type: 'object' } } }),
    }),
  );

/** A result of one bare text is a string or a list of one: the same to the vendor. */
function spellShortly(turn: Turn): Turn {
  return {
    ...turn,
    content: turn.content.map((block) => {
      const [only, ...more] = Array.isArray(block.content) ? (block.content as readonly Block[]) : [];
      return only?.type === 'text' && more.length === 0 && only.cache_control === undefined ? { ...block, content: only.text } : block;
    }),
  };
}

const traits = fc.subarray([
  'no-sampling',
  'temperature-xor-top-p',
  'adaptive-thinking',
  'thinking-budget',
  'native-json-schema',
  'no-prefill',
]);

const cap = 32_000;
const encode = (asked: ChatRequest, modelTraits: readonly string[]): JsonObject =>
  anthropicMessages.encodeRequest(asked, { model: 'claude-x', maxOutputTokens: cap, traits: new Set(modelTraits) }).body;

const turnsOf = (body: JsonObject): readonly Turn[] => body.messages as unknown as readonly Turn[];

function law(check: (body: JsonObject, modelTraits: readonly string[]) => void): void {
  fc.assert(
    fc.property(request, traits, (asked, modelTraits) => check(encode(asked, modelTraits), modelTraits)),
    { numRuns: 300 },
  );
}

describe('every encoded request', () => {
  it('alternates, begins with the user, and has something in every turn', () => {
    law((body) => {
      turnsOf(body).forEach((turn, index) => {
        expect(turn.role).toBe(index % 2 === 0 ? 'user' : 'assistant');
        expect(turn.content.length).toBeGreaterThan(0);
      });
      expect(turnsOf(body).length).toBeGreaterThan(0);
    });
  });

  it('answers every call once, at the very beginning of the next turn and in the order of the calls', () => {
    law((body) => {
      const turns = turnsOf(body);
      turns.forEach((turn, index) => {
        const calls = turn.content.filter((block) => block.type === 'tool_use').map((block) => block.id);
        expect(turn.content.slice(turn.content.length - calls.length).map((block) => block.id)).toEqual(calls);
        const next = turns[index + 1]?.content ?? [];
        expect(next.slice(0, calls.length).map((block) => block.tool_use_id)).toEqual(calls);
        if (turn.role === 'assistant') expect(next.filter((block) => block.type === 'tool_result')).toHaveLength(calls.length);
      });
    });
  });

  it('has unique ids and plain names, and objects as input', () => {
    law((body) => {
      const calls = turnsOf(body)
        .flatMap((turn) => turn.content)
        .filter((block) => block.type === 'tool_use');
      const ids = calls.map((block) => String(block.id));
      expect(new Set(ids).size).toBe(ids.length);
      for (const call of calls) {
        expect(call.id).toMatch(/^[a-zA-Z0-9_-]+$/);
        expect(call.name).toBe('my_tool');
        expect(call.input).toBeTypeOf('object');
      }
    });
  });

  it('has no blank text, and no white space at the end of a prefill', () => {
    law((body, modelTraits) => {
      const turns = turnsOf(body);
      for (const block of turns.flatMap((turn) => turn.content)) {
        if (block.type === 'text') expect(String(block.text).trim()).not.toBe('');
      }
      const last = turns.at(-1);
      if (last?.role !== 'assistant') return;
      expect(modelTraits).not.toContain('no-prefill');
      const end = last.content.at(-1);
      if (end?.type === 'text') expect(end.text).toBe(String(end.text).trimEnd());
    });
  });

  it('has at most four cache marks, none growing longer along the prompt', () => {
    law((body) => {
      const marks = [
        ...JSON.stringify([body.tools, body.system, body.messages]).matchAll(/"cache_control":\{"type":"ephemeral"(?:,"ttl":"(\w+)")?\}/g),
      ];
      expect(marks.length).toBeLessThanOrEqual(4);
      const lasts = marks.map((mark) => mark[1] === '1h');
      expect(lasts).toEqual(lasts.toSorted((a, b) => Number(b) - Number(a)));
    });
  });

  it('keeps thinking, its budget and sampling within the rules', () => {
    law((body, modelTraits) => {
      const thinking = body.thinking as JsonObject | undefined;
      const thinks = thinking !== undefined && thinking.type !== 'disabled';
      const maxTokens = body.max_tokens as number;
      expect(maxTokens).toBeGreaterThanOrEqual(1);
      expect(maxTokens).toBeLessThanOrEqual(cap);
      if (thinking?.type === 'enabled') {
        expect(thinking.budget_tokens).toBeGreaterThanOrEqual(1024);
        expect(thinking.budget_tokens).toBeLessThan(maxTokens);
      }
      if (thinks || modelTraits.includes('no-sampling')) {
        expect(body).not.toHaveProperty('temperature');
        expect(body).not.toHaveProperty('top_p');
      }
      if (thinks) expect((body.tool_choice as JsonObject | undefined)?.type ?? 'auto').toBe('auto');
      if (body.temperature !== undefined) expect(body.temperature).toBeLessThanOrEqual(1);
      if (modelTraits.includes('temperature-xor-top-p')) expect(body.temperature === undefined || body.top_p === undefined).toBe(true);
    });
  });

  it('changes nothing when it is decoded and encoded again', () => {
    law((body, modelTraits) => {
      const again = encode(anthropicMessages.decodeRequest(body), modelTraits);

      expect(turnsOf(again).map(spellShortly)).toEqual(turnsOf(body).map(spellShortly));
      expect(again.max_tokens).toBe(body.max_tokens);
      expect(again.thinking).toEqual(body.thinking);
      expect(again.tool_choice).toEqual(body.tool_choice);
    });
  });
});
