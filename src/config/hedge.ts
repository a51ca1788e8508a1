// The settings of hedging, put together from their plain fields.
import type { FieldValues } from './field-values.ts';
import type { Problem } from './problems.ts';
import type { Settings } from './settings.ts';

/** Undefined: it is off. */
export function readHedge(values: FieldValues, problems: Problem[]): Settings['routing']['hedge'] {
  const mode = values.text('routing.hedge');
  const after = values.text('routing.hedge_after') ?? 'p95';
  const isTime = /^[1-9]\d{0,6}$/.test(after);
  if (!isTime && after !== 'p95') {
    const at = values.origins.get('routing.hedge_after')?.at ?? 'routing.hedge_after';
    problems.push({ at, path: 'routing.hedge_after', message: 'must be p95 or a whole number of milliseconds' });
  }
  if (mode !== 'on' && mode !== 'on-request') return undefined;
  return {
    mode,
    ...(isTime && { afterMs: Number(after) }),
    maxExtraPercent: values.number('routing.hedge_max_extra_percent'),
    bills: values.text('routing.bill_hedges') === 'yes',
  };
}
