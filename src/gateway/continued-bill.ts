// The money of an answer that several models wrote. The caller pays for one answer: its prompt once, at the price of the model that
// began, and what each model wrote at its own price. That the prompt and the beginning were sent again is the price of the failure,
// which is not the caller's; the attempts keep what they really cost.
import type { Candidate } from '../brain/decision.ts';
import { joinedUsage, writtenBeyond } from '../canonical/joined-usage.ts';
import type { Usage } from '../canonical/usage.ts';
import { costOf } from '../ledger/cost.ts';
import { boundedUsage } from './bounded-usage.ts';

export interface Bill {
  readonly usage: Usage;
  /** null = the price of some part is unknown. */
  readonly costNanoUsd: number | null;
}

export function billOf(usage: Usage, { offer }: Candidate): Bill {
  return { usage, costNanoUsd: costOf(usage, offer.price).costNanoUsd };
}

export interface PaidPart {
  readonly candidate: Candidate;
  /** What its provider counted, the repeated prompt included. */
  readonly usage: Usage;
  /** What the caller allowed for the whole answer. */
  readonly maxOutputTokens: number | undefined;
}

/** The bill with one more part. Never for more output than the caller allowed. */
export function withPart(bill: Bill, { candidate, usage, maxOutputTokens }: PaidPart): Bill {
  const joined = boundedUsage(joinedUsage(bill.usage, usage), maxOutputTokens);
  const written = writtenBeyond(bill.usage, joined);
  const { price } = candidate.offer;
  // The difference, and not the output alone: long prompts have prices of their own.
  const { providerCostNanoUsd: _cost, billed: _billed, ...counted } = usage;
  const withOutput = costOf({ ...counted, output: written, reasoning: 0 }, price).costNanoUsd;
  const without = costOf({ ...counted, output: 0, reasoning: 0 }, price).costNanoUsd;
  const isKnown = bill.costNanoUsd !== null && withOutput !== null && without !== null;
  return { usage: joined, costNanoUsd: isKnown ? bill.costNanoUsd + withOutput - without : null };
}
