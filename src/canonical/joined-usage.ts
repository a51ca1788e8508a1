// One answer that two models wrote, as one usage: its prompt is counted once, what both wrote is its output.
import { outputTotal, type Usage } from './usage.ts';

/**
 * `begun` is what the answer used before it broke off, `next` what the model used that went on with it. That the second was told the
 * prompt and the beginning again is no part of the answer.
 */
export function joinedUsage(begun: Usage, next: Usage): Usage {
  const { providerCostNanoUsd: _cost, billed: _billed, ...told } = begun;
  return {
    ...told,
    output: begun.output + next.output,
    reasoning: begun.reasoning + next.reasoning,
    source: begun.source === 'upstream' && next.source === 'upstream' ? 'upstream' : 'estimated',
    ...(next.anomaly !== undefined && { anomaly: begun.anomaly === undefined ? next.anomaly : `${begun.anomaly}, ${next.anomaly}` }),
  };
}

/** What `joined` counts as output beyond `begun`: the part of the model that went on. */
export function writtenBeyond(begun: Usage, joined: Usage): number {
  return Math.max(0, outputTotal(joined) - outputTotal(begun));
}
