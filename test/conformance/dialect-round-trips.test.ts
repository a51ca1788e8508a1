// A → B → A: what must not change on the way keeps its value whatever it is. Conversations and answers are drawn at random.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import type { Warning } from '../../src/canonical/warning.ts';
import { type Any, clients, type Wire } from './dialect-matrix/clients/index.ts';
import { clientDialects, type ClientName, upstreamDialects, type UpstreamName } from './dialect-matrix/play.ts';
import { type Call, type Scenario, stable, type Turn } from './dialect-matrix/scenarios.ts';
import { upstreams } from './dialect-matrix/upstreams/index.ts';

/** Grammars of both sides. */
const both = ['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini', 'cohere-v2'] as const;

// Legal in every grammar: the rewriting of other ids is the business of each encoder's own tests.
const id = fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9_-]{5,30}$/);
const word = fc.stringMatching(/^[A-Za-zé世]{1,12}$/);
const call = (ids: fc.Arbitrary<string>): fc.Arbitrary<Call> =>
  fc.record({ id: ids, name: fc.constantFrom('get_weather', 'get_time'), input: fc.dictionary(fc.constantFrom('city', 'zone'), word) });

const tools = ['get_weather', 'get_time'].map((name) => ({
  name,
  description: name,
  parameters: { type: 'object', properties: { city: { type: 'string' }, zone: { type: 'string' } } },
}));
/** What a client asks at first; its next request repeats all of it but the messages. */
const asking: Scenario = { name: 'drawn', about: '', tools, turns: [{ role: 'user', text: 'q' }], answer: { end: 'stop' } };

/** A question, a turn with one to three calls, their results, and a word after them. */
const conversation: fc.Arbitrary<Scenario> = fc
  .record({
    system: word,
    question: word,
    calls: fc.uniqueArray(call(id), { minLength: 1, maxLength: 3, selector: (one) => one.id }),
    result: word,
    end: word,
    marked: fc.boolean(),
  })
  .map(({ system, question, calls, result, end, marked }) => ({
    name: 'drawn',
    about: '',
    system: `system ${system}`,
    markedSystem: marked,
    tools,
    turns: [
      { role: 'user', text: `question ${question}`, marked },
      { role: 'assistant', calls },
      { role: 'tool', results: calls.map((one, at) => ({ id: one.id, name: one.name, text: `result ${at} ${result}` })) },
      { role: 'assistant', text: `answer ${end}` },
      { role: 'user', text: `again ${end}` },
    ] satisfies Turn[],
    answer: { end: 'stop' },
  }));

const encode = (body: Wire, from: ClientName, to: UpstreamName): JsonObject => {
  const { model, traits } = upstreams[to].target;
  const request = clientDialects[from].decodeRequest(body as JsonObject, []);
  return JSON.parse(JSON.stringify(upstreamDialects[to].encodeRequest(request, { model, traits: new Set(traits) }).body)) as JsonObject;
};

describe('a request that goes A → B → A', () => {
  const pairs = both.flatMap((a) => both.map((b) => ({ a, b })));

  it.each(pairs)('$a → $b → $a keeps the ids of tool calls, their results and every text in order', ({ a, b }) => {
    fc.assert(
      fc.property(conversation, (scenario) => {
        const direct = encode(clients[a].write(scenario, false), a, a);
        const returned = encode(encode(clients[a].write(scenario, false), a, b), b, a);
        const facts = (body: JsonObject): string[] =>
          upstreams[a].readRequest(body).filter((fact) => /^(system|user|assistant|call|result) /.test(fact));

        expect(facts(returned)).toEqual(facts(direct));
        for (const one of scenario.turns[1]?.calls ?? []) expect(JSON.stringify(returned)).toContain(`"${one.id}"`);
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    { a: 'openai-chat', b: 'anthropic-messages' },
    { a: 'anthropic-messages', b: 'openai-chat' },
  ] as const)('$a → $b → $a keeps cache marks where they stood', ({ a, b }) => {
    fc.assert(
      fc.property(conversation, (scenario) => {
        const direct = upstreams[a].readRequest(encode(clients[a].write(scenario, false), a, a));
        const returned = upstreams[a].readRequest(encode(encode(clients[a].write(scenario, false), a, b), b, a));
        // A mark stands behind what it marks.
        const marked = (facts: readonly string[]): string[] => facts.flatMap((fact, at) => (fact === 'mark' ? [facts[at - 1] ?? ''] : []));

        expect(marked(returned)).toEqual(marked(direct));
        expect(marked(direct)).toHaveLength(scenario.markedSystem === true ? 2 : 0);
      }),
      { numRuns: 30 },
    );
  });
});

/** Each client sends an answer back the way its vendor tells it to: as it came, followed by the results. */
const continueWith: Readonly<Record<ClientName, (answer: Any, calls: readonly Call[]) => Wire>> = {
  'openai-chat': (answer, calls) => ({
    messages: [
      { role: 'user', content: 'q' },
      answer.choices[0].message,
      ...calls.map((one) => ({ role: 'tool', tool_call_id: one.id, content: 'done' })),
    ],
  }),
  'openai-responses': (answer, calls) => ({
    input: [
      { type: 'message', role: 'user', content: 'q' },
      ...answer.output,
      ...calls.map((one) => ({ type: 'function_call_output', call_id: one.id, output: 'done' })),
    ],
    store: false,
    include: ['reasoning.encrypted_content'],
  }),
  'anthropic-messages': (answer, calls) => ({
    max_tokens: 9000,
    thinking: { type: 'enabled', budget_tokens: 2000 },
    messages: [
      { role: 'user', content: 'q' },
      { role: 'assistant', content: answer.content },
      { role: 'user', content: calls.map((one) => ({ type: 'tool_result', tool_use_id: one.id, content: 'done' })) },
    ],
  }),
  gemini: (answer, calls) => ({
    contents: [
      { role: 'user', parts: [{ text: 'q' }] },
      answer.candidates[0].content,
      {
        role: 'user',
        parts: calls.map(({ id: callId, name }) => ({ functionResponse: { id: callId, name, response: { output: 'done' } } })),
      },
    ],
  }),
  'cohere-v2': (answer, calls) => ({
    messages: [
      { role: 'user', content: 'q' },
      answer.message,
      ...calls.map((one) => ({ role: 'tool', tool_call_id: one.id, content: 'done' })),
    ],
  }),
  ollama: (answer, calls) => ({
    messages: [
      { role: 'user', content: 'q' },
      answer.message,
      ...calls.map((one) => ({ role: 'tool', tool_call_id: one.id, tool_name: one.name, content: 'done' })),
    ],
  }),
};

/** Answers that carry a proof of their thinking, as each provider writes it. */
const provenAnswers: Readonly<Partial<Record<UpstreamName, (calls: readonly Call[], proof: string) => unknown>>> = {
  'anthropic-messages': (calls, proof) => ({
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-x',
    content: [{ type: 'thinking', thinking: 'Hm', signature: proof }, ...calls.map((one) => ({ type: 'tool_use', ...one }))],
    stop_reason: 'tool_use',
    stop_sequence: null,
    usage: { input_tokens: 1, output_tokens: 1 },
  }),
  'bedrock-converse': (calls, proof) => ({
    output: {
      message: {
        role: 'assistant',
        content: [
          { reasoningContent: { reasoningText: { text: 'Hm', signature: proof } } },
          ...calls.map(({ id: toolUseId, name, input }) => ({ toolUse: { toolUseId, name, input } })),
        ],
      },
    },
    stopReason: 'tool_use',
    usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
  }),
  gemini: (calls, proof) => ({
    responseId: 'g',
    modelVersion: 'gemini-3-pro',
    candidates: [
      {
        index: 0,
        finishReason: 'STOP',
        content: {
          role: 'model',
          parts: calls.map(({ id: callId, name, input }, at) => ({
            functionCall: { id: callId, name, args: input },
            ...(at === 0 && { thoughtSignature: proof }),
          })),
        },
      },
    ],
    usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
  }),
  'openai-responses': (calls, proof) => ({
    id: 'resp_1',
    object: 'response',
    created_at: 1,
    model: 'gpt-x',
    status: 'completed',
    incomplete_details: null,
    error: null,
    output: [
      { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Hm' }], encrypted_content: proof },
      ...calls.map(({ id: callId, name, input }) => ({
        type: 'function_call',
        id: `fc_${callId}`,
        call_id: callId,
        name,
        arguments: JSON.stringify(input),
        status: 'completed',
      })),
    ],
    usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
  }),
};

describe('an answer that comes back as history', () => {
  const pairs = (Object.keys(provenAnswers) as UpstreamName[]).flatMap((upstream) =>
    (Object.keys(clients) as ClientName[]).map((client) => ({ upstream, client })),
  );
  const proofs = fc.stringMatching(/^[A-Za-z0-9+/]{24,60}={0,2}$/);
  const calls = fc.uniqueArray(call(id), { minLength: 1, maxLength: 3, selector: (one) => one.id });

  it.each(pairs)('$upstream → $client → $upstream keeps the calls, and the proof of thinking or a warning', ({ upstream, client }) => {
    fc.assert(
      fc.property(calls, proofs, (made, proof) => {
        const warnings: Warning[] = [];
        const wire = JSON.parse(JSON.stringify(provenAnswers[upstream]?.(made, proof))) as JsonValue;
        const shown = clientDialects[client].encodeResponse(upstreamDialects[upstream].decodeResponse(wire), warnings, {});
        const next = { ...clients[client].write(asking, false), ...continueWith[client](JSON.parse(JSON.stringify(shown)), made) };
        const request = clientDialects[client].decodeRequest(next as JsonObject, warnings);
        const { model, traits } = upstreams[upstream].target;
        const encoded = upstreamDialects[upstream].encodeRequest(request, { model, traits: new Set(traits) });
        const body = JSON.parse(JSON.stringify(encoded.body)) as JsonObject;
        warnings.push(...encoded.warnings);

        const facts = upstreams[upstream].readRequest(body);
        for (const [at, one] of made.entries()) {
          expect(facts).toContain(`call ${at + 1} ${one.name} ${stable(one.input)}`);
          expect(facts).toContain(`result ${at + 1} done`);
          expect(JSON.stringify(body)).toContain(`"${one.id}"`);
        }
        const isBack = JSON.stringify(body).includes(`"${proof}"`);
        expect(isBack || warnings.some(({ field, message }) => /thinking|reason|signature|content/i.test(`${field} ${message}`))).toBe(
          true,
        );
      }),
      { numRuns: 20 },
    );
  });

  /** Who can carry whose proof, so that a loss is noticed although it would be warned of. */
  it.each(
    (['openai-chat', 'openai-responses', 'anthropic-messages'] as const).flatMap((client) =>
      (['anthropic-messages', 'bedrock-converse', 'openai-responses'] as const).map((upstream) => ({ client, upstream })),
    ),
  )('$upstream → $client → $upstream brings the proof back', ({ client, upstream }) => {
    const proof = 'EpwBCkYICBgCKkAxyzABCDEFGHIJKL==';
    const made: Call[] = [{ id: 'toolu_01', name: 'get_weather', input: { city: 'Oslo' } }];
    const wire = JSON.parse(JSON.stringify(provenAnswers[upstream]?.(made, proof))) as JsonValue;
    const shown = clientDialects[client].encodeResponse(upstreamDialects[upstream].decodeResponse(wire), [], {});
    const next = { ...clients[client].write(asking, false), ...continueWith[client](JSON.parse(JSON.stringify(shown)), made) };

    expect(JSON.stringify(encode(next, client, upstream))).toContain(proof);
  });
});
