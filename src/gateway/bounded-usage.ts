// No call uses more output than its model can make. A provider that says so has miscounted, and its caller must not pay for that.
import { outputTotal, type Usage } from '../canonical/usage.ts';

/** `most`: output tokens of one answer; undefined = nobody knows. */
export function boundedUsage(usage: Usage, most: number | undefined, answers = 1): Usage {
  if (most === undefined) return usage;
  const surplus = outputTotal(usage) - most * Math.max(1, answers);
  if (surplus <= 0) return usage;
  const output = Math.max(0, usage.output - surplus);
  const anomaly = usage.anomaly === undefined ? 'output > model maximum' : `${usage.anomaly}, output > model maximum`;
  const { billed } = usage;
  return {
    ...usage,
    output,
    reasoning: usage.reasoning - (surplus - (usage.output - output)),
    anomaly,
    ...(billed !== undefined && { billed: { ...billed, output: Math.min(billed.output, most * Math.max(1, answers)) } }),
  };
}
