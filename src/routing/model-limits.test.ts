import { expect, it } from 'vitest';
import type { ConnectionView } from '../brain/decision.ts';
import { sampleCatalog } from '../catalog/sample-catalog.ts';
import { limitsByConnection } from './model-limits.ts';

const catalog = sampleCatalog();
const [first] = catalog.offers;
if (first === undefined) throw new Error('the sample catalog has no offer');
const { provider, providerId, wireId, canonicalId } = first;

function view(more: Partial<ConnectionView> = {}): ConnectionView {
  return {
    id: provider,
    provider,
    layer: 'direct',
    healthy: true,
    openEnded: false,
    models: [],
    wireIdFor: (offer) => (offer.provider === provider ? offer.wireId : undefined),
    ...more,
  };
}

const plain = (limits: Parameters<typeof limitsByConnection>[0], connections: readonly ConnectionView[]) =>
  Object.fromEntries([...limitsByConnection(limits, { catalog, connections })].map(([id, models]) => [id, Object.fromEntries(models)]));

it('hold at every connection that has the model, under its id there', () => {
  const connections = [view(), view({ id: 'second' }), view({ id: 'elsewhere', provider: 'elsewhere', wireIdFor: () => undefined })];

  expect(plain({ [canonicalId]: { totalMs: 5 } }, connections)).toEqual({
    [provider]: { [wireId]: { totalMs: 5 } },
    second: { [wireId]: { totalMs: 5 } },
  });
});

it('of a narrower name win, limit by limit, in whatever order they stand', () => {
  const connections = [view(), view({ id: 'second' })];
  const narrow = { [`second/${wireId}`]: { totalMs: 1 } };
  const wide = { [providerId]: { totalMs: 9, idleMs: 9 } };

  for (const limits of [
    { ...narrow, ...wide },
    { ...wide, ...narrow },
  ]) {
    expect(plain(limits, connections)).toEqual({
      [provider]: { [wireId]: { totalMs: 9, idleMs: 9 } },
      second: { [wireId]: { totalMs: 1, idleMs: 9 } },
    });
  }
});

it('hold at a reseller under both ids by which it may know the model', () => {
  const reseller = view({ id: 'reseller', provider: 'reseller', wireIdFor: (offer) => offer.providerId });

  expect(plain({ [providerId]: { totalMs: 5 } }, [reseller])).toEqual({
    reseller: { [providerId]: { totalMs: 5 }, [wireId]: { totalMs: 5 } },
  });
});

it('hold for ids that no catalog knows, where a connection takes any', () => {
  const open = view({
    id: 'vllm',
    provider: 'vllm',
    openEnded: true,
    wireIdFor: (offer) => (offer.provider === 'vllm' ? offer.wireId : undefined),
  });

  expect(plain({ 'vllm/org/model': { idleMs: 5 }, 'nobody/knows': { idleMs: 5 } }, [open])).toEqual({
    vllm: { 'org/model': { idleMs: 5 } },
  });
});
