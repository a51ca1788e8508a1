import { describe, expect, it } from 'vitest';
import { acme } from '../../test/support/sample-money.ts';
import type { Candidate } from '../brain/decision.ts';
import { noUsage, type Usage } from '../canonical/usage.ts';
import type { TokenPrice } from '../catalog/catalog.ts';
import { picoUsdPerToken } from '../core/money.ts';
import { billOf, withPart } from './continued-bill.ts';

const candidate = (price: TokenPrice | undefined): Candidate => {
  const { price: _, ...offer } = acme.offer;
  const connection = {
    id: 'acme',
    provider: 'acme',
    layer: 'direct',
    openEnded: false,
    healthy: true,
    wireIdFor: () => undefined,
  } as const;
  return { offer: { ...offer, ...(price !== undefined && { price }) }, connection, wireId: 'one' };
};
const usd = (input: number, output: number): TokenPrice => ({ input: picoUsdPerToken(input), output: picoUsdPerToken(output) });
const used = (input: number, output: number): Usage => ({ ...noUsage, input, output });
const cheap = candidate(usd(1, 2));
const dear = candidate(usd(10, 50));

describe('the bill of an answer that two models wrote', () => {
  it('holds the prompt once, and what each wrote at its own price', () => {
    const bill = withPart(billOf(used(100, 10), cheap), { candidate: dear, usage: used(120, 7), maxOutputTokens: undefined });

    expect(bill.usage).toMatchObject({ input: 100, output: 17 });
    expect(bill.costNanoUsd).toBe(100 * 1_000 + 10 * 2_000 + 7 * 50_000);
  });

  it('takes the output at the price that prompts of that length have', () => {
    const tiered = candidate({ ...usd(1, 2), above: { inputTokens: 100, price: usd(3, 9) } });

    const bill = withPart(billOf(used(50, 1), tiered), { candidate: tiered, usage: used(200, 4), maxOutputTokens: undefined });

    expect(bill.costNanoUsd).toBe(50 * 1_000 + 2_000 + 4 * 9_000);
  });

  it('never grows beyond the output that was allowed', () => {
    const bill = withPart(billOf(used(100, 10), cheap), { candidate: dear, usage: used(120, 90), maxOutputTokens: 15 });

    expect(bill).toMatchObject({ usage: { output: 15 }, costNanoUsd: 100 * 1_000 + 10 * 2_000 + 5 * 50_000 });
  });

  it('is unknown when the price of a part is', () => {
    const unknown = candidate(undefined);

    expect(
      withPart(billOf(used(1, 1), unknown), { candidate: dear, usage: used(1, 1), maxOutputTokens: undefined }).costNanoUsd,
    ).toBeNull();
    expect(
      withPart(billOf(used(1, 1), cheap), { candidate: unknown, usage: used(1, 1), maxOutputTokens: undefined }).costNanoUsd,
    ).toBeNull();
  });
});
