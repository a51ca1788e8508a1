// What an answer used: the provider's numbers, or ours where it sent none; never more than its model can make.
import type { Candidate } from '../brain/decision.ts';
import { estimateTokens } from '../canonical/estimate.ts';
import { noUsage, outputTotal, type Usage } from '../canonical/usage.ts';
import type { AnswerFacts, StreamFacts } from '../dialects/dialect.ts';
import { boundedUsage } from './bounded-usage.ts';
import type { ModelWish } from './call.ts';

/** Of a whole answer that `candidate` made. */
export function wholeUsage(facts: AnswerFacts, wish: ModelWish, candidate: Candidate): Usage {
  return bounded(facts.usage ?? estimate(facts.outputChars, wish), wish, candidate);
}

/** Of a stream that came to its end. */
export function streamUsage(facts: StreamFacts | undefined, wish: ModelWish, candidate: Candidate): Usage {
  return facts === undefined ? noUsage : bounded(facts.usage ?? estimateStream(facts, wish), wish, candidate);
}

/** Of a stream that broke off before the last numbers: a message_start promises one output token; what really passed is more. */
export function brokenUsage(facts: StreamFacts | undefined, wish: ModelWish, candidate: Candidate): Usage {
  if (facts?.usage === undefined) return streamUsage(facts, wish, candidate);
  const counted = estimateStream(facts, wish);
  if (counted.output <= outputTotal(facts.usage)) return bounded(facts.usage, wish, candidate);
  return bounded({ ...facts.usage, output: counted.output - facts.usage.reasoning, source: 'estimated' }, wish, candidate);
}

function estimateStream({ contentBytes, contentFrames }: StreamFacts, wish: ModelWish): Usage {
  return estimate(Math.max(contentBytes, contentFrames * 4), wish);
}

function estimate(outputChars: number, { contextTokens }: ModelWish): Usage {
  return { ...noUsage, input: contextTokens, output: estimateTokens(outputChars), source: 'estimated' };
}

function bounded(usage: Usage, { answers }: ModelWish, candidate: Candidate): Usage {
  return boundedUsage(usage, candidate.offer.maxOutputTokens, answers);
}
