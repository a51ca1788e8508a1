// What OpenAI-compatible providers really send, as hand-written bytes: every habit that has broken a client is a case here.
import { describe, expect, it } from 'vitest';
import type { ChatEvent } from '../../src/canonical/chat.ts';
import { GatewayError } from '../../src/core/errors.ts';
import type { DecodeOptions } from '../../src/dialects/dialect.ts';
import { openaiChat } from '../../src/dialects/openai-chat/index.ts';
import { decodeBytes, itKeepsStreamLaws, joinDeltas, watchBytes } from './dialect-laws.ts';

const envelope = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'm' };
const frame = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
const chunk = (delta: unknown, finish: string | null = null, more: object = {}): string =>
  frame({ ...envelope, choices: [{ index: 0, delta, finish_reason: finish }], ...more });
const done = 'data: [DONE]\n\n';
const stop = chunk({}, 'stop');

const decode = (text: string, options?: DecodeOptions): ChatEvent[] => joinDeltas(decodeBytes(openaiChat, [Buffer.from(text)], options));
const watch = (text: string, includeUsage = true) => watchBytes(openaiChat, [Buffer.from(text)], { includeUsage });

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof GatewayError) return thrown.code;
    throw thrown;
  }
  return 'no failure';
}

const textOf = (events: readonly ChatEvent[]): string => events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('');
const thoughtOf = (events: readonly ChatEvent[]): string =>
  events.map((event) => (event.type === 'reasoning-delta' ? event.text : '')).join('');
const finishOf = (events: readonly ChatEvent[]) => events.find((event) => event.type === 'finish');

describe('stream laws of the OpenAI dialect', () => {
  const finish = chunk({}, 'tool_calls');
  const streams = {
    'text with usage': [
      chunk({ role: 'assistant', content: '' }),
      chunk({ content: 'Grüße 💶' }),
      chunk({ content: ' "quoted\\"' }),
      chunk({ content: '\n' }),
      stop,
      frame({ ...envelope, choices: [], usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 } }),
    ],
    'CRLF and comments': [': keep-alive\n\n', chunk({ content: 'a' }), ': keep-alive\n\n', chunk({ content: 'b' }), stop].map((text) =>
      text.replaceAll('\n', '\r\n'),
    ),
    'reasoning, then a tool call': [
      chunk({ reasoning_content: 'hm' }),
      chunk({ reasoning_content: ' so' }),
      chunk({ tool_calls: [{ index: 0, id: 'c1', type: 'function', function: { name: 'f', arguments: '' } }] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: '{"a"' } }] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: ':"b"}' } }] }),
      finish,
    ],
    'padded chunks': [
      chunk({ content: 'a' }, null, { obfuscation: 'x"y' }),
      chunk({ content: 'b' }, null, { obfuscation: '' }),
      chunk({ content: 'c' }, null, { obfuscation: 'zzzzzz' }),
      stop,
    ],
  };
  for (const [name, frames] of Object.entries(streams)) {
    const last = frames.findLastIndex((text) => /"finish_reason":"/.test(text));
    const completeFrom = Buffer.byteLength(frames.slice(0, last + 1).join('')) - (frames[last]?.endsWith('\r\n') === true ? 4 : 2);
    itKeepsStreamLaws(openaiChat, { name, bytes: Buffer.from(frames.join('') + done), completeFrom });
  }
});

describe('the event decoder', () => {
  it('makes an id where none is given and accepts missing object, created, model and role', () => {
    const [start, ...rest] = decode(
      frame({ choices: [{ delta: { content: 'a' } }] }) + frame({ choices: [{ delta: {}, finish_reason: 'stop' }] }),
    );

    expect(start).toMatchObject({ type: 'start', model: '', created: 0 });
    expect(start?.type === 'start' && start.id).toMatch(/^chatcmpl/);
    expect(textOf(rest)).toBe('a');
  });

  it('reads null choices, null deltas, null usage, an empty finish and an empty role', () => {
    const events = decode(
      frame({ ...envelope, choices: null, usage: null }) +
        chunk(null, '' as never, { usage: null }) +
        chunk({ role: '', content: 'a' }) +
        stop,
    );

    expect(textOf(events)).toBe('a');
    expect(events.some((event) => event.type === 'usage')).toBe(false);
  });

  it.each([
    ['stop', 'stop'],
    ['eos', 'stop'],
    ['length', 'length'],
    ['model_length', 'length'],
    ['tool_calls', 'tool-calls'],
    ['function_call', 'tool-calls'],
    ['content_filter', 'content-filter'],
    ['somethingNew', 'stop'],
  ])('reads the finish reason %s', (wire, reason) => {
    expect(finishOf(decode(chunk({ content: 'a' }) + chunk({}, wire) + done))).toMatchObject({ reason });
  });

  it.each([
    ['error', 'upstream_error'],
    ['insufficient_system_resource', 'upstream_overloaded'],
  ])('takes the finish reason %s for a failure', (wire, code) => {
    expect(codeOf(() => decode(chunk({ content: 'a' }) + chunk({}, wire) + done))).toBe(code);
  });

  it('says tool-calls when a server says stop after a tool call', () => {
    const call = chunk({ tool_calls: [{ id: 'a', function: { name: 'f', arguments: '{}' } }] });

    expect(finishOf(decode(call + stop + done))).toMatchObject({ reason: 'tool-calls' });
  });

  it('splits Mistral content lists into reasoning and text', () => {
    const events = decode(
      chunk({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'why' }] }] }) +
        chunk({ content: [{ type: 'text', text: 'because' }] }) +
        stop,
    );

    expect(thoughtOf(events)).toBe('why');
    expect(textOf(events)).toBe('because');
  });

  it.each([
    ['reasoning_content', { reasoning_content: 'why' }],
    ['reasoning as text', { reasoning: 'why', content: '' }],
    ['reasoning as an object', { reasoning: { text: 'why' } }],
    ['reasoning_details', { reasoning_details: [{ type: 'reasoning.text', text: 'why', index: 0 }] }],
    ['both of OpenRouter', { reasoning: 'why', reasoning_details: [{ type: 'reasoning.text', text: 'why', index: 0 }] }],
    ['both of LiteLLM', { reasoning_content: 'why', thinking_blocks: [{ type: 'thinking', thinking: 'why', signature: '' }] }],
  ])('reads reasoning in %s once', (_name, delta) => {
    expect(thoughtOf(decode(chunk(delta) + chunk({ content: 'a' }) + stop))).toBe('why');
  });

  it('keeps signatures and opaque blocks of reasoning_details, each in its block', () => {
    const events = decode(
      chunk({ reasoning_details: [{ type: 'reasoning.text', text: 'one', index: 0, format: 'anthropic-claude-v1' }] }) +
        chunk({ reasoning_details: [{ type: 'reasoning.text', signature: 'S1', index: 0 }] }) +
        chunk({ reasoning_details: [{ type: 'reasoning.encrypted', data: 'D', index: 1 }] }) +
        chunk({ content: 'a' }) +
        stop,
    ).filter((event) => event.type.startsWith('reasoning') || event.type === 'block-end');

    expect(events).toEqual([
      { type: 'reasoning-delta', block: 0, text: 'one' },
      { type: 'reasoning-signature', block: 0, signature: 'S1' },
      { type: 'block-end', block: 0 },
      { type: 'reasoning-redacted', block: 1, data: 'D' },
      { type: 'block-end', block: 1 },
      { type: 'block-end', block: 2 },
    ]);
  });

  it('keeps a signature that comes without any text', () => {
    const events = decode(
      chunk({ thinking_blocks: [{ type: 'thinking', thinking: '', signature: 'S' }] }) + chunk({ content: 'a' }) + stop,
    );

    expect(events).toContainEqual({ type: 'reasoning-signature', block: 0, signature: 'S' });
  });

  it('splits think tags when the model writes them, and leaves them when it does not', () => {
    const bytes = chunk({ content: '<thi' }) + chunk({ content: 'nk>why</think>\n\nbe' }) + chunk({ content: 'cause' }) + stop;

    expect(thoughtOf(decode(bytes, { thinkTags: true }))).toBe('why');
    expect(textOf(decode(bytes, { thinkTags: true }))).toBe('because');
    expect(textOf(decode(bytes))).toBe('<think>why</think>\n\nbecause');
  });

  it('ignores the cumulative message that Perplexity repeats beside each delta', () => {
    const cumulative = (delta: string, all: string, finish: string | null = null) =>
      frame({
        ...envelope,
        choices: [{ index: 0, delta: { content: delta }, message: { content: all }, finish_reason: finish }],
        citations: ['u'],
      });

    const events = decode(cumulative('a', 'a') + cumulative('b', 'ab') + cumulative('', 'ab', 'stop'));

    expect(textOf(events)).toBe('ab');
    expect(events.filter((event) => event.type === 'opaque')).toEqual([
      { type: 'opaque', dialect: 'openai-chat', wire: { chunk: { citations: ['u'] } } },
    ]);
  });

  it('reads a whole message where a server answers a stream request with one frame', () => {
    const events = decode(
      frame({ ...envelope, choices: [{ index: 0, message: { role: 'assistant', content: 'a' }, finish_reason: 'stop' }] }) + done,
    );

    expect(textOf(events)).toBe('a');
  });

  it('reads the old function_call', () => {
    const events = decode(
      chunk({ function_call: { name: 'f', arguments: '' } }) +
        chunk({ function_call: { arguments: '{"a":1}' } }) +
        chunk({}, 'function_call') +
        done,
    );

    expect(events).toContainEqual({ type: 'tool-call-delta', block: 0, arguments: '{"a":1}' });
    expect(finishOf(events)).toMatchObject({ reason: 'tool-calls' });
  });

  it.each([
    ['a last chunk without choices', frame({ ...envelope, choices: [], usage: { prompt_tokens: 3, completion_tokens: 4 } })],
    [
      'a chunk that lacks the member (SambaNova)',
      frame({ ...envelope, usage: { prompt_tokens: 3, completion_tokens: 4, tokens_per_sec: 9 } }),
    ],
    ['x_groq', frame({ ...envelope, choices: [], x_groq: { id: 'r', usage: { prompt_tokens: 3, completion_tokens: 4 } } })],
    ['the choice (Moonshot)', frame({ choices: [{ index: 0, delta: {}, usage: { prompt_tokens: 3, completion_tokens: 4 } }] })],
  ])('reads usage in %s', (_name, last) => {
    const events = decode(chunk({ content: 'a' }) + stop + last + done);

    expect(events.at(-1)).toMatchObject({ type: 'usage', usage: { input: 3, output: 4 } });
    expect(watch(chunk({ content: 'a' }) + stop + last + done).facts.usage).toMatchObject({ input: 3, output: 4 });
  });

  it('says usage once, with the last numbers, when every chunk repeats it', () => {
    const usage = (output: number) => ({ usage: { prompt_tokens: 3, completion_tokens: output } });

    const events = decode(
      chunk({ content: 'a' }, null, usage(1)) + chunk({ content: 'b' }, null, usage(2)) + chunk({}, 'stop', usage(3)) + done,
    );

    expect(events.filter((event) => event.type === 'usage')).toMatchObject([{ usage: { output: 3 } }]);
  });

  it('keeps several answers apart', () => {
    const two = (index: number, content: string, finish: string | null = null) =>
      frame({ ...envelope, choices: [{ index, delta: { content }, finish_reason: finish }] });

    const events = decode(two(0, 'a') + two(1, 'x') + two(0, 'b', 'stop') + two(1, 'y', 'length') + done);

    expect(
      events.filter((event) => event.type === 'text-delta' && event.choice === 1).map((event) => 'text' in event && event.text),
    ).toEqual(['x', 'y']);
    expect(events.filter((event) => event.type === 'finish')).toEqual([
      { type: 'finish', reason: 'stop' },
      { type: 'finish', reason: 'length', choice: 1 },
    ]);
  });

  it('calls a spoken refusal a refusal', () => {
    const events = decode(chunk({ refusal: 'I cannot' }) + stop + done);

    expect(events).toContainEqual({ type: 'refusal-delta', block: 0, text: 'I cannot' });
    expect(finishOf(events)).toMatchObject({ reason: 'refusal' });
  });

  it('tells which stop sequence matched, where the server does (vLLM)', () => {
    const last = (matched: unknown) =>
      frame({ ...envelope, choices: [{ index: 0, delta: {}, finish_reason: 'stop', stop_reason: matched }] });

    expect(finishOf(decode(last('END') + done))).toMatchObject({ stopSequence: 'END' });
    expect(finishOf(decode(last('end_turn') + done))).toEqual({ type: 'finish', reason: 'stop' });
    expect(finishOf(decode(last(128_009) + done))).toEqual({ type: 'finish', reason: 'stop' });
  });
});

describe('broken streams', () => {
  const content = chunk({ content: 'a' });
  const error = { message: 'boom', type: 'server_error', code: null };

  it.each([
    ['an error frame', frame({ error }), 'upstream_error'],
    ['an error with a numeric code', frame({ error: { message: 'm', code: 429 } }), 'upstream_rate_limited'],
    [
      'an error beside choices, after a finish (OpenRouter)',
      stop + chunk({ content: '' }, null, { error: { code: 400, message: 'm' } }),
      'upstream_rejected',
    ],
    [
      'an error inside a choice',
      frame({ ...envelope, choices: [{ index: 0, delta: {}, error: { code: 502, message: 'm' } }] }),
      'upstream_error',
    ],
    [
      'an error event (Groq)',
      `event: error\n${frame({ error: { message: 'm', code: 'tool_use_failed', status_code: 400 } })}`,
      'upstream_rejected',
    ],
    ['an error that is a text', frame({ error: 'boom' }), 'upstream_error'],
    ['a flat error (vLLM)', frame({ object: 'error', message: 'm', code: 400 }), 'upstream_rejected'],
    ['a frame that is not JSON', 'data: <html>\n\n', 'upstream_bad_reply'],
    ['a frame that is no object', 'data: [1]\n\n', 'upstream_bad_reply'],
    ['an end without a finish reason', '', 'upstream_truncated'],
    ['[DONE] without a finish reason', done, 'upstream_truncated'],
  ])('%s is a failure for decoder and watcher alike', (_name, rest, code) => {
    expect(codeOf(() => decode(content + rest))).toBe(code);

    const { forwarded, failure } = watch(content + rest);
    expect(failure?.code).toBe(code);
    expect(forwarded).not.toContain('[DONE]');
    expect(forwarded.startsWith(content)).toBe(true);
  });

  it('takes bytes that end inside a frame for a truncated stream, not for nonsense', () => {
    expect(codeOf(() => decode(`${content}data: {"id":"x","cho`))).toBe('upstream_truncated');
  });

  it('takes error: null for an ordinary chunk', () => {
    expect(textOf(decode(chunk({ content: 'a' }, null, { error: null }) + stop))).toBe('a');
    expect(watch(chunk({ content: 'a' }, null, { error: null }) + stop + done).failure).toBeUndefined();
  });

  it('ignores what follows [DONE]', () => {
    expect(textOf(decode(content + stop + done + chunk({ content: 'late' })))).toBe('a');
    expect(watch(content + stop + done + chunk({ content: 'late' })).forwarded).toBe(content + stop + done);
  });

  it('completes a stream that lacks [DONE] after its finish reason', () => {
    expect(finishOf(decode(content + stop))).toMatchObject({ reason: 'stop' });
    expect(watch(content + stop).forwarded).toBe(content + stop + done);
  });
});

describe('the stream watcher', () => {
  const content = chunk({ content: 'a' });
  const usage = frame({ ...envelope, choices: [], usage: { prompt_tokens: 3, completion_tokens: 4 } });

  it('withholds a usage chunk that the client did not ask for, and still reads it', () => {
    const { forwarded, facts } = watch(content + stop + usage + done, false);

    expect(forwarded).toBe(content + stop + done);
    expect(facts.usage).toMatchObject({ input: 3, output: 4 });
  });

  it('passes usage on that stands beside choices', () => {
    const last = chunk({}, 'stop', { usage: { prompt_tokens: 3, completion_tokens: 4 } });

    expect(watch(content + last + done, false).forwarded).toBe(content + last + done);
  });

  it('passes a prelude without choices on (Azure)', () => {
    const prelude = frame({ choices: [], id: '', model: '', prompt_filter_results: [] });

    expect(watch(prelude + content + stop + done, false).forwarded).toBe(prelude + content + stop + done);
  });

  it('gives a usage chunk without choices the empty list that SDKs need', () => {
    const { forwarded } = watch(content + stop + frame({ id: 'x', usage: { prompt_tokens: 1, completion_tokens: 1 } }) + done);

    expect(forwarded).toContain('"choices":[]');
  });

  it.each([
    ['eos', 'stop'],
    ['model_length', 'length'],
    ['tool_use', 'tool_calls'],
  ])('maps the finish reason %s, which clients do not know', (wire, word) => {
    const { forwarded, facts } = watch(content + chunk({}, wire) + done);

    expect(forwarded).toBe(content + chunk({}, word) + done);
    expect(facts.finish).toBe(word);
  });

  it('passes comments on as they are, and does not count them as content', () => {
    const { forwarded, facts } = watch(`: OPENROUTER PROCESSING\n\n${content}${stop}${done}`);

    expect(forwarded).toBe(`: OPENROUTER PROCESSING\n\n${content}${stop}${done}`);
    expect(facts.contentFrames).toBe(1);
  });

  it('takes event, id and retry lines off, which cut the stream of some clients', () => {
    const { forwarded } = watch(`event: message\nid: 7\n${content}retry: 5\n\n${stop}${done}`);

    expect(forwarded).toBe(content + stop + done);
  });

  it('finds a finish reason and usage whatever the white space', () => {
    const spaced =
      'data: { "choices" : [ { "delta" : { } , "finish_reason" : "stop" } ] , "usage" : { "prompt_tokens" : 3, "completion_tokens" : 4 } }\n\n';

    const { facts, failure } = watch(content.repeat(20) + spaced + done);

    expect(failure).toBeUndefined();
    expect(facts).toMatchObject({ finish: 'stop', usage: { input: 3, output: 4 } });
  });

  it('is not fooled by content that looks like a finish, usage, an error or the end of the string', () => {
    const tricky = [
      '"finish_reason":"stop"',
      '\\',
      '\\"',
      '"error":{"message":"x"}',
      '"}}],"usage":{"prompt_tokens":9}',
      'data: [DONE]\n\n',
    ];
    const bytes = content + tricky.map((text) => chunk({ content: text })).join('');

    const { forwarded, failure, facts } = watch(bytes);

    expect(forwarded).toBe(bytes);
    expect(failure?.code).toBe('upstream_truncated');
    expect(facts.contentFrames).toBe(7);
    expect(facts.usage).toBeUndefined();
  });

  it('finds an error in a chunk that is a content chunk otherwise', () => {
    const { failure } = watch(content.repeat(3) + chunk({ content: 'b' }, null, { error: { code: 502, message: 'm' } }) + stop + done);

    expect(failure?.code).toBe('upstream_error');
  });

  it('finds an unfinished second answer', () => {
    const second = frame({ ...envelope, choices: [{ index: 1, delta: { content: 'x' }, finish_reason: null }] });

    expect(watch(content + second + stop + done).failure?.code).toBe('upstream_truncated');
  });

  it('knows id, model, finish and how much content passed', () => {
    const { facts } = watch(chunk({ role: 'assistant', content: '' }) + content.repeat(3) + stop + done);

    expect(facts).toMatchObject({ content: true, id: 'chatcmpl-1', model: 'm', finish: 'stop', done: true, contentFrames: 3 });
    // The text alone: the frames around it are many times as long.
    expect(facts.contentBytes).toBe(3);
  });

  it('does not take the role chunk for content', () => {
    const watcher = openaiChat.createStreamWatcher({ includeUsage: false });

    watcher.push(Buffer.from(chunk({ role: 'assistant', content: '' })));
    expect(watcher.facts.content).toBe(false);
    watcher.push(Buffer.from(content));
    expect(watcher.facts.content).toBe(true);
  });

  it('answers the very same buffer while nothing has to be changed', () => {
    const watcher = openaiChat.createStreamWatcher({ includeUsage: false });
    const region = Buffer.from(content.repeat(100));

    expect(watcher.push(region).forward).toBe(region);
  });
});
