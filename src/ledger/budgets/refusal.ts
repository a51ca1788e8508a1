// What a caller over budget reads: amounts, the time it ends, and a status that stops clients instead of making them try again.
import { GatewayError } from '../../core/errors.ts';
import { formatNanoUsd } from '../../core/money.ts';
import type { Service } from '../rules.ts';
import { type Budget, windowName } from './budget.ts';

export interface Refusal {
  readonly kind: 'refused';
  readonly error: GatewayError;
  /** Cheaper models the budget names, which may be tried instead. */
  readonly fallbacks: readonly string[];
}

export interface RefusalFacts {
  readonly budget: Budget;
  readonly holder: string;
  readonly spentNanoUsd: number;
  readonly reservedNanoUsd: number;
  readonly neededNanoUsd: number;
  readonly resetsMs: number | undefined;
  readonly nowMs: number;
  readonly service: Service;
}

/** Tools that were made for LiteLLM look for its sentence, which comes first. */
export function budgetExceeded(facts: RefusalFacts): Refusal {
  const { budget, holder, spentNanoUsd, reservedNanoUsd, neededNanoUsd, resetsMs, nowMs } = facts;
  const limit = formatNanoUsd(budget.amountNanoUsd);
  const spent = formatNanoUsd(spentNanoUsd);
  const resetsAt = resetsMs === undefined ? undefined : new Date(resetsMs).toISOString();
  const underWay = reservedNanoUsd > 0 ? `, calls under way hold ${formatNanoUsd(reservedNanoUsd)} USD` : '';
  const error = new GatewayError(
    'budget_exceeded',
    `Budget has been exceeded! Current cost: ${spent}, Max budget: ${limit}. ${holder} may spend ${limit} USD ${windowName(budget.window)}; ` +
      `this call could cost ${formatNanoUsd(neededNanoUsd)} USD${underWay}. Ask for less output (max_tokens), raise the budget${
        resetsAt === undefined ? '' : ` or wait until ${resetsAt}`
      }`,
    {
      ...(resetsMs !== undefined && { retryAfterMs: Math.max(1_000, resetsMs - nowMs) }),
      extra: {
        budget: {
          id: budget.id,
          holder,
          limit_usd: Number(limit),
          spent_usd: Number(spent),
          reserved_usd: Number(formatNanoUsd(reservedNanoUsd)),
          needed_usd: Number(formatNanoUsd(neededNanoUsd)),
          resets_at: resetsAt ?? null,
        },
      },
    },
  );
  return { kind: 'refused', error, fallbacks: fallbacksOf(budget, facts.service) };
}

function fallbacksOf({ fallbacks }: Budget, { offer }: Service): readonly string[] {
  const names = [offer.canonicalId, offer.providerId, offer.model, offer.wireId, '*'];
  const name = names.find((known) => Object.hasOwn(fallbacks, known));
  return name === undefined ? [] : (fallbacks[name] ?? []);
}

export function priceUnknown(budget: Budget, holder: string, service: Service): Refusal {
  const model = service.offer.canonicalId;
  const error = new GatewayError(
    'price_unknown',
    `the price of ${model} is not known, and the budget of ${holder} cannot hold for it; name a model with a price, add the price to the catalog overlay, or set unknown_price: allow for this budget`,
    { extra: { budget: { id: budget.id, holder } } },
  );
  return { kind: 'refused', error, fallbacks: fallbacksOf(budget, service) };
}

export function budgetsUnavailable(cause: unknown): Refusal {
  const error = new GatewayError(
    'ledger_unavailable',
    'the reservation for this call could not be written down, and without it the budget would not hold; try again in a moment',
    { retryAfterMs: 1_000, cause },
  );
  return { kind: 'refused', error, fallbacks: [] };
}
