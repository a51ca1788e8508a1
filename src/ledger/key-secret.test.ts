import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDigest, createSecret, hasSecretForm } from './key-secret.ts';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

describe('createSecret', () => {
  it('is mpc- and 46 characters that need no escaping anywhere', () => {
    expect(createSecret()).toMatch(/^mpc-[0-9A-Za-z]{46}$/);
    expect(createSecret()).not.toBe(createSecret());
  });

  it('uses every letter about equally often', () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 2_000; i += 1) for (const letter of createSecret().slice(4, 44)) counts.set(letter, (counts.get(letter) ?? 0) + 1);

    // 80,000 letters, 1,290 expected of each, standard deviation 36: eight of them either way.
    expect(counts.size).toBe(62);
    expect(Math.min(...counts.values())).toBeGreaterThan(1_000);
    expect(Math.max(...counts.values())).toBeLessThan(1_580);
  });
});

describe('hasSecretForm', () => {
  it('recognises its own keys', () => {
    for (let i = 0; i < 100; i += 1) expect(hasSecretForm(createSecret())).toBe(true);
  });

  it('notices any single wrong character', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 49 }), fc.constantFrom(...alphabet), (position, letter) => {
        const secret = createSecret();
        fc.pre(secret[position] !== letter);

        expect(hasSecretForm(secret.slice(0, position) + letter + secret.slice(position + 1))).toBe(false);
      }),
    );
  });

  it('refuses cut keys, longer keys and what SDKs use as placeholders', () => {
    const secret = createSecret();

    for (const other of [secret.slice(0, -1), `${secret}0`, '', 'sk-no-key-required', 'mpc-']) expect(hasSecretForm(other)).toBe(false);
  });
});

describe('createDigest', () => {
  it('is HMAC-SHA-256 of the secret under the pepper', () => {
    // RFC 4231, test case 2.
    expect(createDigest(Buffer.from('Jefe'))('what do ya want for nothing?')).toBe(
      Buffer.from('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843', 'hex').toString('base64url'),
    );
  });
});
