import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DecimalText } from './decimal-text.ts';

const written = new DecimalText();

it('writes whole numbers as they are printed', () => {
  fc.assert(
    fc.property(fc.oneof(fc.nat(), fc.nat({ max: Number.MAX_SAFE_INTEGER }), fc.constantFrom(0, 9, 10, 99, 100)), (value) => {
      expect(written.start().whole(value).toString()).toBe(String(value));
    }),
  );
});

it('writes fractions without zeros at the end, and none for nothing', () => {
  fc.assert(
    fc.property(fc.nat({ max: 999_999 }), (value) => {
      const fraction = String(value).padStart(6, '0').replace(/0+$/, '');

      expect(written.start().fraction(value, 6).toString()).toBe(fraction === '' ? '' : `.${fraction}`);
    }),
  );
});

it('joins what is written one after another', () => {
  expect(written.start().character(0x5b).whole(3).fraction(50, 3).text(',null').toString()).toBe('[3.05,null');
  expect(written.length).toBe(10);
});
