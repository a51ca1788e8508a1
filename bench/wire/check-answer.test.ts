import { expect, it } from 'vitest';
import { streamEvents, streamText, type WireDialect, wholeBody, wholeText } from './answers.ts';
import { type Expectation, endFault, textFault } from './check-answer.ts';

const dialects: readonly WireDialect[] = ['openai', 'anthropic'];

function streamOf(dialect: WireDialect): { frames: string[]; expected: Expectation } {
  const { opening, deltas, closing } = streamEvents({ dialect, chunks: 20, usage: false });
  return { frames: [...opening, ...deltas, ...closing], expected: { dialect, stream: true, text: streamText(20) } };
}

it.each(dialects)('finds nothing wrong with what the %s upstream says', (dialect) => {
  const whole: Expectation = { dialect, stream: false, text: wholeText };
  const { frames, expected } = streamOf(dialect);

  expect(endFault(whole, wholeBody(dialect).slice(-100))).toBeUndefined();
  expect(textFault(whole, wholeBody(dialect))).toBeUndefined();
  expect(endFault(expected, frames.join('').slice(-100))).toBeUndefined();
  expect(textFault(expected, frames.join(''))).toBeUndefined();
});

it.each(dialects)('notices any frame of a %s stream that is missing or doubled', (dialect) => {
  const { frames, expected } = streamOf(dialect);
  const deltas = frames.flatMap((frame, index) => (/word/.test(frame) ? [index] : []));

  for (const index of deltas) {
    expect(textFault(expected, frames.toSpliced(index, 1).join(''))).toContain('wrong text');
    expect(textFault(expected, frames.toSpliced(index, 0, frames[index] ?? '').join(''))).toContain('wrong text');
  }
  expect(endFault(expected, frames.slice(0, -1).join('').slice(-100))).toContain('without its terminal event');
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
