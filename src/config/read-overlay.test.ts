import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tempDir } from '../../test/support/temp-dir.ts';
import { readOverlay } from './read-overlay.ts';

const path = join(tempDir('overlay'), 'overlay.yaml');

it('reads the file as plain values', () => {
  writeFileSync(path, 'offers:\n  - {provider: groq, price: {input: 0.05}}\n');

  expect(readOverlay(path)).toEqual({ offers: [{ provider: 'groq', price: { input: 0.05 } }] });
});

it('says what is wrong with it, and where', () => {
  expect(() => readOverlay(`${path}.missing`)).toThrow('cannot be read (ENOENT)');
  writeFileSync(path, 'a: [1');
  expect(() => readOverlay(path)).toThrow(/overlay\.yaml:1:\d+: not YAML/);
});
