import fc from 'fast-check';
import { expect, it } from 'vitest';
import { scanObject } from './json-outline.ts';
import { marksOf } from './json-shape.ts';

it('never denies a name that occurs, at whatever depth', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-z][a-z_]{0,23}$/), { minLength: 1, maxLength: 20 }), (names) => {
      const body = names.reduceRight<Record<string, unknown>>((inner, name) => ({ [name]: [inner] }), {});
      const { names: marks } = scanObject(Buffer.from(JSON.stringify(body)), { maxDepth: 100 });

      for (const name of names) expect(marks.mayHold(marksOf(name)), name).toBe(true);
    }),
  );
});

it('denies the names of foreign histories in an ordinary request', () => {
  const body = {
    model: 'm',
    messages: [{ role: 'user', content: 'cache_control reasoning_content' }],
    max_tokens: 1,
    temperature: 1,
    stream: true,
  };
  const { names: marks } = scanObject(Buffer.from(JSON.stringify(body)), { maxDepth: 100 });

  for (const name of ['cache_control', 'reasoning_content', 'reasoning_details', 'thinking_blocks', 'provider_specific_fields']) {
    expect(marks.mayHold(marksOf(name)), name).toBe(false);
  }
});
