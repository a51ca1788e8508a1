// The laws of streams over the Responses grammar: hand-written answers, and recorded ones where the machine has them.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatEvent, ChatResponse, Message, Part } from '../../src/canonical/chat.ts';
import { eventsOf } from '../../src/canonical/replay.ts';
import { usageFromTotals } from '../../src/canonical/usage.ts';
import type { Warning } from '../../src/canonical/warning.ts';
import { GatewayError } from '../../src/core/errors.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { anthropicMessages } from '../../src/dialects/anthropic-messages/index.ts';
import type { ChatDialect } from '../../src/dialects/dialect.ts';
import { openaiChat } from '../../src/dialects/openai-chat/index.ts';
import { openaiResponses } from '../../src/dialects/openai-responses/index.ts';
import { listRecordings, noRecordings, readRecording, recordedStreamBytes } from '../support/fixtures.ts';
import { decodeBytes, itKeepsStreamLaws, joinDeltas, watchBytes } from './dialect-laws.ts';
import { readResponseStream } from './openai-responses-grammar.ts';

const frame = (event: JsonObject, sequence = 0): string =>
  `event: ${String(event.type)}\ndata: ${JSON.stringify({ ...event, sequence_number: sequence })}\n\n`;

const stream = (...events: readonly JsonObject[]): Buffer => Buffer.from(events.map(frame).join(''));

const response = (more: JsonObject = {}): JsonObject => ({
  id: 'resp_1',
  object: 'response',
  created_at: 1_700_000_000,
  model: 'gpt-5.3',
  status: 'in_progress',
  error: null,
  output: [],
  usage: null,
  ...more,
});
const usage = {
  input_tokens: 30,
  input_tokens_details: { cached_tokens: 10 },
  output_tokens: 12,
  output_tokens_details: { reasoning_tokens: 4 },
  total_tokens: 42,
};
const created: JsonObject = { type: 'response.created', response: response() };
const inProgress: JsonObject = { type: 'response.in_progress', response: response() };
const completed: JsonObject = { type: 'response.completed', response: response({ status: 'completed', usage }) };

const textEvents = (text: string, index = 0): JsonObject[] => [
  { type: 'response.output_item.added', output_index: index, item: { id: 'msg_1', type: 'message', role: 'assistant', content: [] } },
  { type: 'response.content_part.added', output_index: index, content_index: 0, item_id: 'msg_1', part: { type: 'output_text', text: '' } },
  ...[...text].map((char) => ({
    type: 'response.output_text.delta',
    output_index: index,
    content_index: 0,
    item_id: 'msg_1',
    delta: char,
    obfuscation: 'xk3',
  })),
  { type: 'response.output_text.done', output_index: index, content_index: 0, item_id: 'msg_1', text },
  {
    type: 'response.output_item.done',
    output_index: index,
    item: { id: 'msg_1', type: 'message', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text }] },
  },
];

const reasoningEvents: JsonObject[] = [
  { type: 'response.output_item.added', output_index: 0, item: { id: 'rs_1', type: 'reasoning', summary: [] } },
  { type: 'response.reasoning_summary_part.added', output_index: 0, summary_index: 0, part: { type: 'summary_text', text: '' } },
  { type: 'response.reasoning_summary_text.delta', output_index: 0, summary_index: 0, delta: 'First ' },
  { type: 'response.reasoning_summary_text.delta', output_index: 0, summary_index: 0, delta: 'thought' },
  { type: 'response.reasoning_summary_text.done', output_index: 0, summary_index: 0, text: 'First thought' },
  { type: 'response.reasoning_summary_text.delta', output_index: 0, summary_index: 1, delta: 'Second' },
  {
    type: 'response.output_item.done',
    output_index: 0,
    item: {
      id: 'rs_1',
      type: 'reasoning',
      summary: [
        { type: 'summary_text', text: 'First thought' },
        { type: 'summary_text', text: 'Second' },
      ],
      encrypted_content: 'gAAAB',
    },
  },
];

const callEvents = (index: number, more: JsonObject = {}): JsonObject[] => {
  const item = { id: `fc_${index}`, type: 'function_call', call_id: `call_${index}`, name: 'weather', ...more };
  return [
    { type: 'response.output_item.added', output_index: index, item: { ...item, arguments: '' } },
    { type: 'response.function_call_arguments.delta', output_index: index, item_id: `fc_${index}`, delta: '{"city":' },
    { type: 'response.function_call_arguments.delta', output_index: index, item_id: `rotated_${index}`, delta: '"Kyjiw"}' },
    { type: 'response.function_call_arguments.done', output_index: index, item_id: `rotated_${index}`, arguments: '{"city":"Kyjiw"}' },
    { type: 'response.output_item.done', output_index: index, item: { ...item, id: `again_${index}`, arguments: '{"city":"Kyjiw"}' } },
  ];
};

const before = (bytes: Buffer): number => bytes.lastIndexOf('event: response.completed') + 'event: response.completed\ndata: '.length + 1;

const plain = stream(created, inProgress, ...textEvents('Zürich 🚋'), completed);
const thinking = stream(created, ...reasoningEvents, ...callEvents(1), ...callEvents(2), completed);

describe('streams', () => {
  itKeepsStreamLaws(openaiResponses, { name: 'text', bytes: plain, completeFrom: before(plain) });
  itKeepsStreamLaws(openaiResponses, { name: 'reasoning and parallel calls', bytes: thinking, completeFrom: before(thinking) });

  it('tells calls apart by output_index when ids rotate, and keeps what proves the reasoning', () => {
    const events = joinDeltas(decodeBytes(openaiResponses, [thinking]));

    expect(events).toEqual([
      { type: 'start', id: 'resp_1', model: 'gpt-5.3', created: 1_700_000_000 },
      { type: 'reasoning-delta', block: 0, text: 'First thought\n\nSecond' },
      { type: 'reasoning-signature', block: 0, signature: 'openai-responses:rs_1:gAAAB' },
      { type: 'block-end', block: 0 },
      { type: 'tool-call-start', block: 1, id: 'call_1', name: 'weather' },
      { type: 'tool-call-delta', block: 1, arguments: '{"city":"Kyjiw"}' },
      { type: 'block-end', block: 1 },
      { type: 'tool-call-start', block: 2, id: 'call_2', name: 'weather' },
      { type: 'tool-call-delta', block: 2, arguments: '{"city":"Kyjiw"}' },
      { type: 'block-end', block: 2 },
      { type: 'finish', reason: 'tool-calls' },
      { type: 'usage', usage: usageFromTotals({ inputTotal: 30, cachedInput: 10, outputTotal: 12, reasoning: 4 }) },
    ]);
  });

  it('says what a server without deltas has in its finished items only', () => {
    const done = callEvents(0).at(-1) ?? {};
    const events = decodeBytes(openaiResponses, [
      stream(created, done, ...textEvents('').slice(0, 1), ...textEvents('Hi').slice(-1), completed),
    ]);

    expect(events.filter((event) => event.type === 'tool-call-delta')).toEqual([
      { type: 'tool-call-delta', block: 0, arguments: '{"city":"Kyjiw"}' },
    ]);
  });

  it('says the output of a stream that is nothing but its end', () => {
    const output = [{ type: 'message', content: [{ type: 'output_text', text: 'All at once' }] }];
    const events = decodeBytes(openaiResponses, [
      stream({ type: 'response.completed', response: response({ status: 'completed', output, usage }) }),
    ]);

    expect(events.find((event) => event.type === 'text-delta')).toEqual({ type: 'text-delta', block: 0, text: 'All at once' });
  });

  it('unpacks calls that the model wrapped in a pseudo tool', () => {
    const args = JSON.stringify({
      tool_uses: [{ recipient_name: 'functions.a', parameters: { x: 1 } }, { recipient_name: 'functions.b' }],
    });
    const item = { id: 'fc', type: 'function_call', call_id: 'call_w', name: 'parallel' };
    const events = decodeBytes(openaiResponses, [
      stream(
        created,
        { type: 'response.output_item.added', output_index: 0, item: { ...item, arguments: '' } },
        { type: 'response.function_call_arguments.delta', output_index: 0, delta: args },
        { type: 'response.output_item.done', output_index: 0, item: { ...item, arguments: args } },
        completed,
      ),
    ]);

    expect(events.filter((event) => event.type === 'tool-call-start' || event.type === 'tool-call-delta')).toEqual([
      { type: 'tool-call-start', block: 0, id: 'call_w_0', name: 'a' },
      { type: 'tool-call-delta', block: 0, arguments: '{"x":1}' },
      { type: 'tool-call-start', block: 1, id: 'call_w_1', name: 'b' },
      { type: 'tool-call-delta', block: 1, arguments: '{}' },
    ]);
  });

  it.each([
    ['max_output_tokens', 'length'],
    ['content_filter', 'content-filter'],
  ])('an incomplete answer because of %s ends with %s', (reason, finish) => {
    const ending = { type: 'response.incomplete', response: response({ status: 'incomplete', incomplete_details: { reason }, usage }) };
    const bytes = stream(created, ...textEvents('Hi'), ending);

    expect(decodeBytes(openaiResponses, [bytes]).find((event) => event.type === 'finish')).toEqual({ type: 'finish', reason: finish });
    expect(watchBytes(openaiResponses, [bytes]).facts).toMatchObject({ done: true, finish: reason });
  });

  it.each([
    [
      'error event',
      { type: 'error', error: { type: 'insufficient_quota', code: 'insufficient_quota', message: 'no' } },
      'upstream_quota_exhausted',
    ],
    ['flat error event', { type: 'error', code: 'rate_limit_exceeded', message: 'slow down', param: null }, 'upstream_rate_limited'],
    [
      'response.failed',
      { type: 'response.failed', response: response({ status: 'failed', error: { code: 'server_error', message: 'oops' } }) },
      'upstream_error',
    ],
    [
      'failed because of the request',
      { type: 'response.failed', response: response({ status: 'failed', error: { code: 'invalid_prompt', message: 'bad' } }) },
      'upstream_rejected',
    ],
    ['failed without a reason', { type: 'response.failed', response: response({ status: 'failed' }) }, 'upstream_error'],
  ])('a 200 with %s before content is that failure, and nothing counts as content', (_name, event, code) => {
    const bytes = stream(created, inProgress, event as JsonObject);
    const watched = watchBytes(openaiResponses, [bytes]);

    expect(() => decodeBytes(openaiResponses, [bytes])).toThrow(expect.objectContaining({ code }));
    expect(watched.failure).toMatchObject({ code });
    expect(watched.facts.content).toBe(false);
  });

  it('forwards the very bytes, without a [DONE] that does not belong there', () => {
    const padded = Buffer.concat([plain, Buffer.from('data: [DONE]\n\n')]);

    expect(watchBytes(openaiResponses, [plain]).forwarded).toBe(plain.toString());
    expect(watchBytes(openaiResponses, [padded]).forwarded).toBe(plain.toString());
  });

  it('ends a passed stream that failed with the numbers and the response it had', () => {
    const watcher = openaiResponses.createStreamWatcher({ includeUsage: true });
    const head = stream(created, inProgress, ...textEvents('Hi').slice(0, 3));
    watcher.push(head);

    const tail = watcher.encodeFailure?.(new GatewayError('upstream_truncated', 'gone'), 'req_1') ?? '';

    expect(tail).toContain('"sequence_number":5');
    expect(tail).toContain('"sequence_number":6');
    expect(tail).toMatch(/event: error\n[\s\S]*event: response\.failed\n/);
    expect(tail).toContain('"id":"resp_1"');
  });
});

/** A canonical answer as a client of this grammar gets it streamed. */
function encodeStream(answer: ChatResponse, callerBody?: JsonObject): string {
  const encoder = openaiResponses.createEventEncoder({
    model: 'asked',
    includeUsage: true,
    warnings: [],
    ...(callerBody !== undefined && { callerBody }),
  });
  let text = '';
  for (const event of eventsOf(answer)) text += encoder.push(event);
  return text + encoder.end();
}

const answerOf = (parts: readonly Part[], finish: ChatResponse['choices'][number]['finish'] = 'stop'): ChatResponse => ({
  id: 'up_1',
  model: 'claude',
  created: 1,
  choices: [{ index: 0, parts, finish }],
  usage: usageFromTotals({ inputTotal: 5, outputTotal: 7 }),
});

describe('encoded streams', () => {
  it('keep the order that Codex needs', () => {
    const read = readResponseStream(encodeStream(answerOf([{ type: 'text', text: 'Hello' }])));

    expect(read.order).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
    expect(read).toMatchObject({
      text: 'Hello',
      response: { status: 'completed', usage: { input_tokens: 5, output_tokens: 7, total_tokens: 12 } },
    });
  });

  it('give a free-text tool its text back', () => {
    const call: Part = { type: 'tool-call', id: 'call_1', name: 'write_sql', arguments: '{"input":"SELECT 1"}' };
    const read = readResponseStream(encodeStream(answerOf([call], 'tool-calls'), { tools: [{ type: 'custom', name: 'write_sql' }] }));

    expect(read.response.output).toMatchObject([{ type: 'custom_tool_call', call_id: 'call_1', name: 'write_sql', input: 'SELECT 1' }]);
  });

  it('say why an answer is incomplete', () => {
    const read = readResponseStream(encodeStream(answerOf([{ type: 'text', text: 'Half' }], 'length')));

    expect(read.response).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } });
  });

  it('have usage though the provider gave none: SDKs read it without looking', () => {
    const { usage: _none, ...answer } = answerOf([{ type: 'text', text: 'Hello' }]);
    const callerBody = { input: 'x'.repeat(360) };
    const streamed = readResponseStream(encodeStream(answer, callerBody)).response.usage as JsonObject;
    const warnings: Warning[] = [];
    const whole = openaiResponses.encodeResponse(answer, warnings, callerBody).usage as JsonObject;

    for (const numbers of [streamed, whole]) {
      expect(numbers.input_tokens).toBeGreaterThan(90);
      expect(numbers.output_tokens).toBeGreaterThan(0);
    }
    expect(warnings.map(({ field }) => field)).toEqual(['usage']);
  });

  it('end legally when the provider fails in the middle', () => {
    const encoder = openaiResponses.createEventEncoder({ model: 'm', includeUsage: true, warnings: [] });
    const head =
      encoder.push({ type: 'start', id: 'x', model: 'm', created: 1 }) + encoder.push({ type: 'text-delta', block: 0, text: 'Hel' });
    const tail = encoder.encodeFailure?.(new GatewayError('upstream_truncated', 'gone'), 'req_1') ?? '';

    const read = readResponseStream(head + tail);
    expect(read.response).toMatchObject({ status: 'failed', error: { message: 'gone' } });
  });

  const part: fc.Arbitrary<Part> = fc.oneof(
    fc.string().map((text): Part => ({ type: 'text', text: `t${text}` })),
    fc.string().map((text): Part => ({ type: 'refusal', text: `r${text}` })),
    fc.record({ text: fc.string(), signature: fc.option(fc.base64String({ minLength: 4 }), { nil: undefined }) }).map(
      ({ text, signature }): Part => ({
        type: 'reasoning',
        text: `w${text}`,
        ...(signature !== undefined && { signature, origin: 'anthropic-messages' }),
      }),
    ),
    fc
      .record({ id: fc.uuid(), value: fc.jsonValue() })
      .map(({ id, value }): Part => ({ type: 'tool-call', id, name: 'look_up', arguments: JSON.stringify({ value }) })),
  );

  it('are legal for any answer, and say the same as the whole form', () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
        const answer = answerOf(parts);
        const read = readResponseStream(encodeStream(answer));
        const whole = openaiResponses.encodeResponse(answer, []);
        const decoded = openaiResponses.decodeResponse(whole as JsonObject);

        expect(read.text).toBe(parts.map((one) => (one.type === 'text' ? one.text : '')).join(''));
        expect(read.calls.map(({ id }) => id)).toEqual(parts.flatMap((one) => (one.type === 'tool-call' ? [one.id] : [])));
        expect(decoded.choices[0]?.parts).toEqual(openaiResponses.decodeResponse(read.response).choices[0]?.parts);
      }),
      { numRuns: 100 },
    );
  });
});

describe('round trips through a client of another grammar', () => {
  const reasoning: Part = { type: 'reasoning', text: 'thought', signature: 'openai-responses:rs_1:gAAAB', origin: 'openai-responses' };
  const hidden: Part = { type: 'reasoning', text: '', redacted: 'openai-responses:rs_2:gBBB', origin: 'openai-responses' };
  const call: Part = { type: 'tool-call', id: 'call_x1', name: 'look_up', arguments: '{"q":1}' };
  const target = { model: 'gpt-5.3', traits: new Set<string>(), reasoning: true };

  const histories: readonly (readonly [ChatDialect, (answer: JsonObject) => JsonObject])[] = [
    [
      openaiChat,
      (answer) => ({
        model: 'm',
        messages: [{ role: 'user', content: 'hi' }, ((answer.choices as JsonObject[])[0] as JsonObject).message as JsonObject],
      }),
    ],
    [
      anthropicMessages,
      (answer) => ({
        model: 'm',
        max_tokens: 100,
        messages: [
          { role: 'user', content: 'hi' },
          { role: 'assistant', content: answer.content as JsonObject[] },
        ],
      }),
    ],
    [openaiResponses, (answer) => ({ model: 'm', input: [{ role: 'user', content: 'hi' }, ...(answer.output as JsonObject[])] })],
  ];

  it.each(histories.map(([dialect, replay]) => [dialect.id, dialect, replay] as const))(
    '%s: what an upstream of this grammar answered comes back to it with ids and proofs',
    (_id, dialect, replay) => {
      const shown = dialect.encodeResponse(answerOf([reasoning, hidden, call], 'tool-calls'), []);
      const request = dialect.decodeRequest(replay(shown) as JsonObject);

      const input = openaiResponses.encodeRequest(request, target).body.input as JsonObject[];

      expect(input.filter((item) => item.type === 'reasoning')).toEqual([
        { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'thought' }], encrypted_content: 'gAAAB' },
        { type: 'reasoning', id: 'rs_2', summary: [], encrypted_content: 'gBBB' },
      ]);
      expect(input.filter((item) => item.type === 'function_call')).toEqual([
        { type: 'function_call', call_id: 'call_x1', name: 'look_up', arguments: '{"q":1}' },
      ]);
    },
  );

  it.each(['whole', 'streamed'])('a thinking block of Anthropic survives a client of this grammar, %s', (form) => {
    const parts: Part[] = [
      { type: 'reasoning', text: 'hm', signature: 'EqQB/+=', origin: 'anthropic-messages' },
      { type: 'reasoning', text: '', redacted: 'EmwK', origin: 'anthropic-messages' },
      { type: 'tool-call', id: 'toolu_1', name: 'look_up', arguments: '{}' },
    ];
    const answer = answerOf(parts, 'tool-calls');
    const output =
      form === 'whole' ? openaiResponses.encodeResponse(answer, []).output : readResponseStream(encodeStream(answer)).response.output;
    const request = openaiResponses.decodeRequest({
      model: 'm',
      input: [
        { role: 'user', content: 'hi' },
        ...(output as JsonObject[]),
        { type: 'function_call_output', call_id: 'toolu_1', output: 'ok' },
      ],
      max_output_tokens: 100,
    });

    const assistant = request.messages.find((message: Message) => message.role === 'assistant');
    expect(assistant?.parts).toEqual(parts);
    const { body } = anthropicMessages.encodeRequest(request, { model: 'claude', traits: new Set() });
    expect(body.messages).toMatchObject([
      { role: 'user' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'hm', signature: 'EqQB/+=' },
          { type: 'redacted_thinking', data: 'EmwK' },
          { type: 'tool_use', id: 'toolu_1' },
        ],
      },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1' }] },
    ]);
  });

  it('a proof of this grammar is never shown to Anthropic', () => {
    const shown = anthropicMessages.encodeResponse(answerOf([reasoning, { type: 'text', text: 'so' }]), []);
    const request = anthropicMessages.decodeRequest({
      model: 'm',
      max_tokens: 9,
      messages: [
        { role: 'user', content: 'hi' },
        { role: 'assistant', content: shown.content as JsonObject[] },
        { role: 'user', content: 'on' },
      ],
    });

    const encoded = anthropicMessages.encodeRequest(request, { model: 'claude', traits: new Set() });

    expect(JSON.stringify(encoded.body)).not.toContain('gAAAB');
    expect(encoded.warnings.map(({ field }) => field)).toContain('messages[].reasoning');
  });
});

const recordings = listRecordings('openai', 'azure', 'lmstudio').filter((path) => path.includes('/responses-'));

describe.skipIf(recordings.length === 0)(`recorded answers${recordings.length === 0 ? `: ${noRecordings}` : ''}`, () => {
  const good = recordings.filter((path) => path.endsWith('.chunks.txt') && !path.includes('error'));

  for (const path of good) {
    const bytes = recordedStreamBytes(path);
    itKeepsStreamLaws(openaiResponses, { name: path, bytes, completeFrom: before(bytes) });

    it(`${path}: a client of the same grammar gets legal events when it is translated`, () => {
      const encoder = openaiResponses.createEventEncoder({ model: 'm', includeUsage: true, warnings: [] });
      const events: ChatEvent[] = decodeBytes(openaiResponses, [bytes]);
      let text = '';
      for (const event of events) text += encoder.push(event);

      const read = readResponseStream(text + encoder.end());

      const said = events.flatMap((event) => (event.type === 'text-delta' ? [event.text] : [])).join('');
      expect(read.text).toBe(said);
    });
  }

  it.each(good.map((path) => [path]))('%s: the stream says what the whole answer says', (path) => {
    const events = decodeBytes(openaiResponses, [recordedStreamBytes(path)]);
    const starts = events.flatMap((event) => (event.type === 'tool-call-start' ? [event.name] : []));
    const whole = openaiResponses.decodeResponse(JSON.parse(readRecording(path.replace('.chunks.txt', '.json')).toString()) as JsonObject);

    expect(starts).toEqual(whole.choices[0]?.parts.flatMap((one) => (one.type === 'tool-call' ? [one.name] : [])));
  });

  it('the recorded failure is an error before any content', () => {
    const bytes = recordedStreamBytes('openai/responses-error.chunks.txt');

    expect(() => decodeBytes(openaiResponses, [bytes])).toThrow(expect.objectContaining({ code: 'upstream_quota_exhausted' }));
    expect(watchBytes(openaiResponses, [bytes])).toMatchObject({
      failure: { code: 'upstream_quota_exhausted' },
      facts: { content: false },
    });
  });
});
