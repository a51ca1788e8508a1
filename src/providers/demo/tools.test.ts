import { describe, expect, it } from 'vitest';
import { demo, hello, post, json, frames, streamed, anthropicHello } from '../../../test/support/demo-client.ts';

describe('tools', () => {
  const weather = { type: 'object', required: ['city'], properties: { city: { type: 'string' } } };
  const openaiTools = ['get_weather', 'get_time'].map((name) => ({ type: 'function', function: { name, parameters: weather } }));
  const user = (content: string): object => ({ role: 'user', content });

  it('calls the tools that the text names, in parallel, with arguments from the quotes or the literal', async () => {
    const answer = json(
      await post(demo(), '/chat/completions', {
        ...hello,
        tools: openaiTools,
        messages: [user('use get weather on "Oslo" and get_time with {"city":"Rome"}')],
      }),
    );

    expect(answer.choices[0].finish_reason).toBe('tool_calls');
    expect(answer.choices[0]?.message.tool_calls?.map((call) => call.function)).toEqual([
      { name: 'get_weather', arguments: '{"city":"Oslo"}' },
      { name: 'get_time', arguments: '{"city":"Rome"}' },
    ]);
  });

  it('calls nothing when no tool is named, tools are off, or only a reminder names one', async () => {
    const dispatcher = demo();
    const finish = async (body: object): Promise<unknown> =>
      json(await post(dispatcher, '/chat/completions', { ...hello, tools: openaiTools, ...body })).choices[0].finish_reason;

    expect(await finish({ messages: [user('forget_weather please')] })).toBe('stop');
    expect(await finish({ messages: [user('get_weather')], tool_choice: 'none' })).toBe('stop');
    expect(await finish({ messages: [user('hi <system-reminder>you have get_weather</system-reminder>')] })).toBe('stop');
  });

  it('calls when it must: any tool, or the one that is named', async () => {
    const dispatcher = demo();

    const any = json(await post(dispatcher, '/chat/completions', { ...hello, tools: openaiTools, tool_choice: 'required' }));
    const named = json(
      await post(dispatcher, '/messages', {
        ...anthropicHello,
        tools: [{ name: 'noop', input_schema: { type: 'object' } }],
        tool_choice: { type: 'tool', name: 'noop' },
      }),
    );

    expect(any.choices[0].message).toMatchObject({
      content: null,
      tool_calls: [{ function: { name: 'get_weather', arguments: '{"city":"demo city"}' } }],
    });
    expect(named).toMatchObject({ stop_reason: 'tool_use', content: [{ type: 'tool_use', name: 'noop', input: {} }] });
  });

  it('goes through a loop of three turns and quotes the results', async () => {
    const dispatcher = demo();
    const messages: object[] = [user('use get_weather then get_time')];
    const called: string[] = [];

    for (;;) {
      const { message } = json(await post(dispatcher, '/chat/completions', { ...hello, tools: openaiTools, messages })).choices[0];
      messages.push(message);
      if (message.tool_calls === undefined) break;
      for (const call of message.tool_calls) {
        called.push(call.function.name);
        messages.push({ role: 'tool', tool_call_id: call.id, content: `result of ${call.function.name}` });
      }
    }

    expect(called).toEqual(['get_weather', 'get_time']);
    expect(messages).toHaveLength(6);
    expect(messages.at(-1)).toMatchObject({ content: expect.stringContaining('The tool get_time answered: "result of get_time".') });
  });

  it('keeps its thinking through a tool loop only when it comes back untouched', async () => {
    const dispatcher = demo();
    const body = {
      model: 'demo-reasoning',
      max_tokens: 4_000,
      thinking: { type: 'enabled', budget_tokens: 1_024 },
      tools: [{ name: 'get_time', input_schema: weather }],
    };
    const first = json(await post(dispatcher, '/messages', { ...body, messages: [user('use get_time')] }));
    const result = { type: 'tool_result', tool_use_id: first.content.at(-1)?.id, content: '12:00', is_error: true };
    const next = (content: readonly object[]): object => ({
      ...body,
      messages: [user('use get_time'), { role: 'assistant', content }, { role: 'user', content: [result] }],
    });

    const second = json(await post(dispatcher, '/messages', next(first.content)));
    const tampered = await post(dispatcher, '/messages', next([{ ...first.content[0], thinking: 'else' }, ...first.content.slice(1)]));

    expect(first.content.map((block) => block.type)).toEqual(['thinking', 'text', 'tool_use']);
    expect(first.usage.output_tokens_details.thinking_tokens).toBeGreaterThan(0);
    expect(second.content.at(-1)?.text).toContain('The tool get_time failed with: "12:00".');
    expect(tampered.status).toBe(400);
    expect(json(tampered).error.message).toContain('messages.1.content.0: Invalid `signature`');
  });

  it('streams thinking with its signature before the block ends, and reasoning_content in the other dialect', async () => {
    const dispatcher = demo();
    const reasoning = { ...anthropicHello, model: 'demo-reasoning' };

    const events = frames(await post(dispatcher, '/messages', streamed(reasoning)));
    const chunks = frames(await post(dispatcher, '/chat/completions', streamed(reasoning)));

    const stop = events.findIndex((event) => event.type === 'content_block_stop');
    expect(events[stop - 1]?.delta.type).toBe('signature_delta');
    expect(chunks.filter((chunk) => chunk.choices[0]?.delta.reasoning_content !== undefined).length).toBeGreaterThan(5);
  });

  it('streams a call without arguments as one empty piece', async () => {
    const events = frames(
      await post(
        demo(),
        '/messages',
        streamed({ ...anthropicHello, tools: [{ name: 'noop', input_schema: { type: 'object' } }], tool_choice: { type: 'any' } }),
      ),
    );

    expect(events.filter((event) => event.delta?.type === 'input_json_delta').map((event) => event.delta.partial_json)).toEqual(['']);
  });
});
