import { describe, expect, it } from 'vitest';
import { createStreamWatcher } from './stream-watcher.ts';

const frame = (type: string, fields: object = {}): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
const start = (id = 'msg_1', fields: object = {}): string =>
  frame('message_start', {
    message: {
      id,
      model: 'claude-x',
      content: [],
      stop_reason: null,
      usage: { input_tokens: 10, cache_read_input_tokens: 4, output_tokens: 1 },
      ...fields,
    },
  });
const openText = frame('content_block_start', { index: 0, content_block: { type: 'text', text: '' } });
const delta = (text = 'x'): string => frame('content_block_delta', { index: 0, delta: { type: 'text_delta', text } });
const close = frame('content_block_stop', { index: 0 });
const ending = frame('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { input_tokens: 61, output_tokens: 9 } });
const stop = frame('message_stop');
const whole = start() + openText + delta('Hello') + frame('ping') + delta(' you') + close + ending + stop;

const watch = () => createStreamWatcher({ includeUsage: true });

function pass(watcher: ReturnType<typeof watch>, text: string): { forward: string; code?: string } {
  const { forward, failure } = watcher.push(Buffer.from(text));
  return { forward: forward?.toString() ?? '', ...(failure !== undefined && { code: failure.code }) };
}

describe('the stream watcher', () => {
  it('forwards the very same buffer and reads the facts', () => {
    const watcher = watch();
    const region = Buffer.from(whole);

    expect(watcher.push(region).forward).toBe(region);
    expect(watcher.end()).toBe('');
    expect(watcher.facts).toMatchObject({
      id: 'msg_1',
      model: 'claude-x',
      content: true,
      done: true,
      finish: 'end_turn',
      contentFrames: 2,
      contentBytes: 'Hello you'.length,
      usage: { input: 61, cachedInput: 4, output: 9 },
    });
  });

  it('comes to the same facts frame by frame', () => {
    const [together, apart] = [watch(), watch()];
    together.push(Buffer.from(whole));

    const forwarded = whole
      .split(/(?<=\n\n)/)
      .map((text) => pass(apart, text).forward)
      .join('');

    expect(forwarded).toBe(whole);
    expect(apart.facts).toEqual(together.facts);
  });

  it('has seen no content before the first delta', () => {
    const watcher = watch();
    pass(watcher, start() + frame('ping') + openText);

    expect(watcher.facts.content).toBe(false);
    pass(watcher, delta());
    expect(watcher.facts.content).toBe(true);
  });

  it.each([
    ['in message_start', start('msg_1', { content: [{ type: 'text', text: 'x' }] })],
    ['in a text start', start() + frame('content_block_start', { index: 0, content_block: { type: 'text', text: 'x' } })],
    [
      'of a tool call',
      start() + frame('content_block_start', { index: 0, content_block: { type: 'tool_use', id: 'a', name: 'b', input: {} } }),
    ],
    [
      'of a server tool',
      start() + frame('content_block_start', { index: 0, content_block: { type: 'server_tool_use', id: 'a', name: 'b', input: {} } }),
    ],
    ['without event lines', (start() + delta()).replace(/event: .*\n/g, '')],
  ])('counts content %s', (_, text) => {
    const watcher = watch();
    pass(watcher, text);

    expect(watcher.facts.content).toBe(true);
  });

  it('lets padded JSON, comments and streams without event lines through unchanged', () => {
    const text = `: keep-alive\n\n${start()}${delta().replace('}\n\n', '   }\n\n')}${ending}${stop}`;

    for (const form of [text, text.replace(/event: .*\n/g, '')]) {
      const watcher = watch();
      expect(pass(watcher, form).forward).toBe(form);
      expect(watcher.facts).toMatchObject({ done: true, contentFrames: 1 });
    }
  });

  it('drops a repeated start of the same message', () => {
    const watcher = watch();

    expect(pass(watcher, start() + start() + delta() + start() + ending + stop)).toEqual({ forward: start() + delta() + ending + stop });
  });

  it.each([
    ['a start of another message', start() + delta(), start('msg_2'), 'upstream_bad_reply'],
    [
      'an error event',
      start() + delta(),
      frame('error', { error: { type: 'overloaded_error', message: 'Overloaded' } }),
      'upstream_overloaded',
    ],
    ['a frame that is not JSON', start() + delta(), 'event: x\ndata: {"type"\n\n', 'upstream_bad_reply'],
    ['a cut delta', start() + delta(), 'event: content_block_delta\ndata: {"type":"content_blo\n\n', 'upstream_bad_reply'],
    ['content before the start', '', delta(), 'upstream_bad_reply'],
    ['content after the stop reason', start() + ending, delta(), 'upstream_bad_reply'],
    ['message_stop without a stop reason', start(), stop, 'upstream_truncated'],
  ])('forwards what came before %s and fails', (_, before, bad, code) => {
    expect(pass(watch(), before + bad + stop)).toEqual({ forward: before, code });
  });

  it('says nothing after message_stop', () => {
    const watcher = watch();

    expect(pass(watcher, start() + ending + stop + start('msg_2'))).toEqual({ forward: start() + ending + stop });
    expect(pass(watcher, delta())).toEqual({ forward: '' });
  });

  it('does not pass on a [DONE], which is not of this grammar', () => {
    expect(pass(watch(), `${start()}${ending}data: [DONE]\n\n${stop}`)).toEqual({ forward: start() + ending + stop });
  });

  it('supplies a message_stop that the provider left out', () => {
    const watcher = watch();
    pass(watcher, start() + delta() + ending);

    expect(watcher.end()).toBe('event: message_stop\ndata: {"type":"message_stop"}\n\n');
  });

  it.each([[''], [start() + delta()]])('is truncated without a stop reason (%j)', (text) => {
    const watcher = watch();
    pass(watcher, text);

    expect(() => watcher.end()).toThrow(expect.objectContaining({ code: 'upstream_truncated' }));
  });
});
