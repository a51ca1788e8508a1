import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createThinkSplitter } from './think-tags.ts';

function split(pieces: readonly string[]): { reasoning: string; text: string } {
  const said = { reasoning: '', text: '' };
  const sink = {
    text: (text: string) => {
      said.text += text;
    },
    reasoning: (text: string) => {
      said.reasoning += text;
    },
  };
  const splitter = createThinkSplitter();
  for (const piece of pieces) splitter.push(piece, sink);
  splitter.end(sink);
  return said;
}

describe('createThinkSplitter', () => {
  it('splits a leading think block from the answer and drops the blank lines between', () => {
    expect(split(['<think>why</think>\n\nbecause'])).toEqual({ reasoning: 'why', text: 'because' });
  });

  it('finds tags that are cut in their middle', () => {
    expect(split(['<thi', 'nk>why</th', 'ink>', '\n', 'because'])).toEqual({ reasoning: 'why', text: 'because' });
  });

  it('takes an unclosed block for reasoning, its half tag included', () => {
    expect(split(['<think>why', ' not </th'])).toEqual({ reasoning: 'why not </th', text: '' });
  });

  it('leaves tags inside the answer alone, as in a code block', () => {
    const text = 'Use:\n```\n<think>x</think>\n```';

    expect(split([text])).toEqual({ reasoning: '', text });
  });

  it('reads a second block that directly follows the first', () => {
    expect(split(['\n<think>a</think>\n<think>b</think>c'])).toEqual({ reasoning: 'ab', text: 'c' });
  });

  it('says text that only looked like a tag', () => {
    expect(split(['<th', 'e end>'])).toEqual({ reasoning: '', text: '<the end>' });
    expect(split([' <thin'])).toEqual({ reasoning: '', text: ' <thin' });
  });

  it('says the same whatever the cuts', () => {
    const text = fc
      .array(fc.constantFrom('<think>', '</think>', '<', 'think', '\n', ' a', '>'), { maxLength: 12 })
      .map((all) => all.join(''));
    fc.assert(
      fc.property(text, fc.array(fc.nat()), (whole, cuts) => {
        const sorted = [0, ...cuts.map((at) => at % (whole.length + 1)).sort((a, b) => a - b), whole.length];
        const pieces = sorted.slice(1).map((end, at) => whole.slice(sorted[at], end));

        expect(split(pieces)).toEqual(split([whole]));
      }),
    );
  });
});
