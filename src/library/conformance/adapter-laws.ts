// The laws of an adapter object. They call it for real: put a server of your own, or a stub, behind it.
import assert from 'node:assert/strict';
import { type AdapterAnswer, type AdapterPart, isAdapter, missingMethods, type ProviderAdapter } from '../../providers/adapter.ts';
import type { TestApi } from './test-api.ts';

export interface AdapterSubject {
  readonly name: string;
  /** Made anew for each law. */
  readonly create: () => ProviderAdapter | Promise<ProviderAdapter>;
  /** A model that answers any prompt with some text. */
  readonly model: string;
}

const finishReasons: readonly string[] = ['stop', 'length', 'tool-calls', 'content-filter'];

export function describeAdapter(test: TestApi, subject: AdapterSubject): void {
  const { model } = subject;
  const request = { model, messages: [{ role: 'user', text: 'Say something.' }] as const };

  test.describe(`adapter ${subject.name}`, () => {
    test.it('has the seven methods and an id', async () => {
      const adapter = await subject.create();
      assert.match(adapter.id, /^[a-z0-9][a-z0-9-]*$/);
      assert.ok(isAdapter(adapter));
      assert.deepEqual(missingMethods(adapter), []);
    });

    test.it('completes with text, a finish reason and whole token counts', async () => {
      checkAnswer(await (await subject.create()).complete(request));
    });

    test.it('streams parts that end in exactly one finish', async () => {
      const parts = await collect((await subject.create()).stream(request));
      assert.equal(parts.filter((part) => part.type === 'finish').length, 1, 'exactly one finish');
      assert.equal(parts.at(-1)?.type, 'finish', 'the finish comes last');
      const text = parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
      assert.notEqual(text, '', 'some text comes before it');
    });

    test.it('may be left in the middle of a stream', async () => {
      for await (const part of (await subject.create()).stream(request)) {
        assert.ok(part.type.length > 0);
        break;
      }
    });

    test.it('rejects a call whose signal has aborted', async () => {
      const adapter = await subject.create();
      await assert.rejects(async () => adapter.complete({ ...request, signal: AbortSignal.abort() }));
    });

    test.it('knows what a call costs, or that it does not', async () => {
      const adapter = await subject.create();
      const cost = adapter.calculateCost({ promptTokens: 1_000, completionTokens: 1_000 }, model);
      assert.ok(cost === undefined || (Number.isFinite(cost) && cost >= 0), `${cost} is no cost: undefined = unknown`);
      const twice = adapter.calculateCost({ promptTokens: 2_000, completionTokens: 2_000 }, model);
      assert.ok(cost === undefined || (twice ?? 0) >= cost, 'more tokens never cost less');
    });

    test.it('refuses a body that is no answer', async () => {
      const adapter = await subject.create();
      for (const body of [undefined, null, 7, 'text', [], { __proto__: null }]) assert.throws(() => adapter.parseResponse(body));
    });

    test.it('lists models by name', async () => {
      for (const id of await (await subject.create()).listModels()) assert.equal(typeof id, 'string');
    });

    test.it('has headers that can be sent', async () => {
      for (const [name, value] of Object.entries(await (await subject.create()).getHeaders())) {
        assert.match(name, /^[a-z0-9!#$%&'*+.^_`|~-]+$/i);
        assert.doesNotMatch(value, /[\r\n\0]/);
      }
    });

    test.it('loads its model', async () => {
      await (await subject.create()).load(model);
    });
  });
}

function checkAnswer(answer: AdapterAnswer): void {
  assert.equal(typeof answer.text, 'string');
  assert.ok(finishReasons.includes(answer.finishReason), `${answer.finishReason} is no finish reason`);
  if (answer.usage === undefined) return;
  for (const count of [answer.usage.promptTokens, answer.usage.completionTokens]) assert.ok(Number.isInteger(count) && count >= 0);
}

async function collect(parts: AsyncIterable<AdapterPart>): Promise<readonly AdapterPart[]> {
  const all: AdapterPart[] = [];
  for await (const part of parts) all.push(part);
  return all;
}
