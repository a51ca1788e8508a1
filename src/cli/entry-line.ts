// A ledger entry as a person reads it: one line.
import { formatNanoUsd } from '../core/money.ts';
import type { Entry } from '../ledger/entry.ts';
import { styled } from './terminal.ts';

export function toEntryLine(entry: Entry): string {
  const { usage } = entry;
  const tokens =
    usage === undefined ? '-' : `${usage.input + usage.cachedInput + usage.cacheWrite} → ${usage.output + usage.reasoning} tokens`;
  const cost = entry.costNanoUsd === null ? 'price unknown' : `$${formatNanoUsd(entry.costNanoUsd)}`;
  return [
    styled('dim', new Date(entry.timeMs).toISOString()),
    styled(entry.status < 400 ? 'green' : 'red', String(entry.status)),
    modelText(entry),
    tokens,
    cost,
    `${Math.round(entry.timings.totalMs)} ms`,
    entry.principal,
    ...(entry.attempts.length > 1 ? [`${entry.attempts.length} attempts`] : []),
    ...(entry.errorCode === undefined ? [] : [styled('red', entry.errorCode)]),
    styled('dim', entry.id),
  ].join('  ');
}

function modelText({ requestedModel = '(none)', providerModel }: Entry): string {
  return providerModel === undefined || providerModel === requestedModel ? requestedModel : `${requestedModel} → ${providerModel}`;
}
