import { describe, expect, it } from 'vitest';
import { editOverlay, type OverlayEdits, ownPrices } from './edit-overlay.ts';

const file = 'overlay.yaml';
const nothing: OverlayEdits = { mark: 'from litellm, 2026-08-21', prices: new Map(), offers: [], models: new Map() };

const mine = `# Prices of our contract. Do not touch!
prices:
  openai/gpt-4o: {input: 2, output: 8}   # until March
aliases:
  house: {models: [gpt-4o]}
`;

describe('editOverlay', () => {
  it('starts a file that does not exist', () => {
    expect(editOverlay(file, '', { ...nothing, prices: new Map([['openai/o3', { input: 2, output: 8 }]]) })).toContain(
      'prices:\n  openai/o3: { input: 2, output: 8 } # from litellm, 2026-08-21\n',
    );
  });

  it('leaves comments, order and values of the operator as they are', () => {
    const edited = editOverlay(file, mine, {
      ...nothing,
      prices: new Map([['openai/o3', { input: 2 }]]),
      offers: [{ provider: 'openai', id: 'gpt-9' }],
      models: new Map([['gpt-9', { modality: ['text'] }]]),
    });

    expect(edited).toContain('# Prices of our contract. Do not touch!\nprices:\n  openai/gpt-4o: { input: 2, output: 8 } # until March\n');
    expect(edited).toContain('  openai/o3: { input: 2 } # from litellm, 2026-08-21\n');
    expect(edited).toContain('house: { models: [ gpt-4o ] }');
    expect(edited).toContain('models:\n  gpt-9: { modality: [ text ] } # from litellm, 2026-08-21\n');
    expect(edited).toContain('offers:\n  - { provider: openai, id: gpt-9 } # from litellm, 2026-08-21\n');
  });

  it('gives the same text when it is done again', () => {
    const edits: OverlayEdits = {
      ...nothing,
      prices: new Map([['openai/o3', { input: 2 }]]),
      offers: [{ provider: 'openai', id: 'gpt-9' }],
      models: new Map([['gpt-9', { modality: ['text'] }]]),
    };
    const once = editOverlay(file, mine, edits);

    expect(editOverlay(file, once, edits)).toBe(once);
  });

  it('names the file of which it can make nothing', () => {
    expect(() => editOverlay(file, 'a: [1', nothing)).toThrow('overlay.yaml');
    expect(() => editOverlay(file, '- 1', nothing)).toThrow('must be a map');
  });
});

describe('ownPrices', () => {
  it('are those that no import wrote', () => {
    const text = `${mine}offers:
  - {provider: acme, id: one, price: {input: 1}}
  - {provider: acme, id: two}
`;
    const edited = editOverlay(file, text, {
      ...nothing,
      prices: new Map([['openai/o3', { input: 2 }]]),
      offers: [{ provider: 'acme', id: 'three', price: { input: 1 } } as { provider: string; id: string }],
    });

    expect([...ownPrices(file, edited)]).toEqual(['openai/gpt-4o', 'acme/one']);
    expect([...ownPrices(file, '')]).toEqual([]);
  });
});
