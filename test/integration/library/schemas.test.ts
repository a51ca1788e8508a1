import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { openaiAnswer } from '../../support/canned-replies.ts';
import { failureOf, model, openaiAt, router, upstream } from './router.ts';

describe('schemas', () => {
  const person = z.object({ name: z.string(), age: z.number().int() });

  it('types and checks the object', async () => {
    const server = await upstream(openaiAnswer({ text: '{"name":"Ada","age":36}' }));

    const { object } = await router(openaiAt(server)).generate({ model, prompt: 'who?', schema: person, schemaName: 'person' });

    expectTypeOf(object).toEqualTypeOf<{ name: string; age: number }>();
    expect(object).toEqual({ name: 'Ada', age: 36 });
    expect(server.requests[0]?.json()).toMatchObject({
      response_format: { type: 'json_schema', json_schema: { name: 'person', strict: true, schema: { required: ['name', 'age'] } } },
    });
  });

  it('throws what does not fit, with the answer that was paid for', async () => {
    const server = await upstream(openaiAnswer({ text: '{"name":"Ada","age":"old"}' }));

    const error = await failureOf(router(openaiAt(server)).generate({ model, prompt: 'who?', schema: person }));

    expect(error.code).toBe('invalid_output');
    expect(error.message).toContain('age');
    expect(error.result).toMatchObject({ text: '{"name":"Ada","age":"old"}', provider: 'openai' });
  });

  it('takes JSON Schema itself, whose output is unknown', async () => {
    const server = await upstream(openaiAnswer({ text: '{"a":1}' }));

    const { object } = await router(openaiAt(server)).generate({ model, prompt: 'x', schema: { type: 'object', properties: {} } });

    expectTypeOf(object).toBeUnknown();
    expect(object).toEqual({ a: 1 });
  });

  it('types the arguments of tools and says what is wrong with them', async () => {
    const server = await upstream(openaiAnswer({ tool: { name: 'weather', arguments: '{"city":7}', id: 'call_1' } }));
    const tools = [{ name: 'weather', description: 'by city', parameters: z.object({ city: z.string() }) }] as const;

    const { toolCalls, finishReason, object } = await router(openaiAt(server)).generate({ model, prompt: 'x', tools });

    expectTypeOf(toolCalls[0]?.arguments).toEqualTypeOf<{ city: string } | undefined>();
    expectTypeOf(toolCalls[0]?.name).toEqualTypeOf<'weather' | undefined>();
    expectTypeOf(object).toEqualTypeOf<undefined>();
    expect(finishReason).toBe('tool-calls');
    expect(toolCalls[0]).toMatchObject({ id: 'call_1', arguments: { city: 7 } });
    expect(toolCalls[0]?.problem).toContain('city');
  });

  it('carries a tool round trip', async () => {
    const server = await upstream(
      openaiAnswer({ tool: { name: 'weather', arguments: '{"city":"Bonn"}', id: 'call_1' } }),
      openaiAnswer({ text: 'Rain.' }),
    );
    const one = router(openaiAt(server));
    const tools = [{ name: 'weather', parameters: z.object({ city: z.string() }) }] as const;
    const first = await one.generate({ model, messages: [{ role: 'user', content: 'Bonn?' }], tools });

    const second = await one.generate({
      model,
      tools,
      messages: [{ role: 'user', content: 'Bonn?' }, first.message, { role: 'tool', toolCallId: 'call_1', content: 'rain, 9 degrees' }],
    });

    expect(second.text).toBe('Rain.');
    expect(server.requests[1]?.json()).toMatchObject({
      messages: [
        { role: 'user' },
        { role: 'assistant', tool_calls: [{ id: 'call_1', function: { name: 'weather', arguments: '{"city":"Bonn"}' } }] },
        { role: 'tool', tool_call_id: 'call_1', content: 'rain, 9 degrees' },
      ],
    });
  });
});
