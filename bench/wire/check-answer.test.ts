import { Buffer } from 'node:buffer';
import { expect, it } from 'vitest';
import { type StreamDialect, streamEvents, streamText, type WholeDialect, wholeBody, wholeText } from './answers.ts';
import { type Expectation, endFault, textFault } from './check-answer.ts';
import { upstreamDialects } from './wire-dialect.ts';

const whole: readonly WholeDialect[] = ['openai', 'anthropic'];
const ollama = [
  ...Array.from({ length: 20 }, (_, index) => ({ message: { content: index === 0 ? 'word0' : ` word${index}` }, done: false })),
  { message: { content: '' }, done: true, done_reason: 'stop', eval_count: 20, eval_duration: 1 },
].map((line) => `${JSON.stringify(line)}\n`);

function streamOf(dialect: StreamDialect): { frames: Buffer[]; expected: Expectation } {
  const { opening, deltas, closing } = streamEvents({ dialect, chunks: 20, usage: false });
  return {
    frames: [...opening, ...deltas, ...closing].map((event) => Buffer.from(event)),
    expected: { dialect, stream: true, text: streamText(20) },
  };
}

function read(frames: readonly Buffer[]): string {
  return Buffer.concat(frames).toString('utf8');
}

function tailOf(frames: readonly Buffer[]): string {
  return Buffer.concat(frames).toString('latin1').slice(-512);
}

it.each(whole)('finds nothing wrong with the whole answer of the %s upstream', (dialect) => {
  const expected: Expectation = { dialect, stream: false, text: wholeText };

  expect(endFault(expected, wholeBody(dialect).slice(-100))).toBeUndefined();
  expect(textFault(expected, wholeBody(dialect))).toBeUndefined();
});

it.each(upstreamDialects)('finds nothing wrong with the stream of the %s upstream', (dialect) => {
  const { frames, expected } = streamOf(dialect);

  expect(endFault(expected, tailOf(frames))).toBeUndefined();
  expect(textFault(expected, read(frames))).toBeUndefined();
});

it.each(upstreamDialects)('notices any frame of a %s stream that is missing or doubled', (dialect) => {
  const { frames, expected } = streamOf(dialect);
  const deltas = frames.flatMap((frame, index) =>
    /word/.test(frame.toString()) && !/done|completed/.test(frame.toString()) ? [index] : [],
  );

  expect(deltas).toHaveLength(20);
  for (const index of deltas) {
    expect(textFault(expected, read(frames.toSpliced(index, 1)))).toContain('wrong text');
    expect(textFault(expected, read(frames.toSpliced(index, 0, frames[index] ?? Buffer.alloc(0))))).toContain('wrong text');
  }
  expect(endFault(expected, tailOf(frames.slice(0, -1)))).toContain('without its terminal event');
});

it('reads the lines of an Ollama client', () => {
  const expected: Expectation = { dialect: 'ollama', stream: true, text: streamText(20) };

  expect(endFault(expected, ollama.join('').slice(-512))).toBeUndefined();
  expect(textFault(expected, ollama.join(''))).toBeUndefined();
  expect(endFault(expected, ollama.slice(0, -1).join('').slice(-512))).toContain('without its terminal event');
  expect(textFault(expected, ollama.slice(1).join(''))).toContain('wrong text');
});

it('notices an error event, a broken frame and another text', () => {
  const { expected } = streamOf('openai');

  expect(textFault(expected, 'data: {"error":{"message":"overloaded"}}\n\n')).toContain('overloaded');
  expect(textFault(expected, 'data: {"choices":[\n\n')).toContain('unreadable');
  expect(textFault({ dialect: 'openai', stream: false, text: 'yes' }, '{"choices":[{"message":{"content":"no"}}]}')).toContain(
    'wrong text',
  );
  expect(textFault({ dialect: 'openai', stream: false, text: undefined }, '{"choices":[]}')).toContain('no text');
});
