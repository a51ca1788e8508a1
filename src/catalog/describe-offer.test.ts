import { expect, it } from 'vitest';
import { createCatalog } from './create-catalog.ts';
import { describeOffer } from './describe-offer.ts';
import { realCompiled, sampleCatalog } from './sample-catalog.ts';

it('shows a catalog entry with the members that clients read', () => {
  const offer = createCatalog(realCompiled()).offers.find((one) => one.providerId === 'openai/gpt-4o');

  expect(offer && describeOffer(offer)).toMatchObject({
    canonical_id: 'openai-gpt-4o-main',
    provider_id: 'openai/gpt-4o',
    provider: 'openai',
    modality: ['text'],
    quality_tier: 'strong',
    speed_tier: 'fast',
    supports: { images: true, video: false, audio: false, structured_output: true },
    price: { input: 2.5, cached_input: 1.25, output: 10, currency: 'USD', per: '1M tokens', version: '2026-08-21' },
    limits: { context_tokens: 128_000, max_output_tokens: 16_384 },
    read: '2026-08-21',
  });
});

it('shows no price where none is known, rather than 0', () => {
  const [offer] = sampleCatalog({ offers: [{ provider: 'acme', id: 'one', model: 'one' }] }).offers;

  expect(offer && describeOffer(offer)).not.toHaveProperty('price');
});
