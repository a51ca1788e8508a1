// What one call holds under its budgets, and what asks for it.
import type { Service } from '../rules.ts';
import type { Counter, Slot } from './counter.ts';
import type { OpenHold } from './hold-journal.ts';

export interface Line {
  readonly counter: Counter;
  nanoUsd: number;
  /** While it is decided whether the hold may grow: by how much. */
  more: number;
}

/** What one call holds. */
export interface BudgetHold {
  readonly operationId: string;
  readonly principal: string;
  readonly openedMs: number;
  readonly slots: readonly Slot[];
  readonly lines: Line[];
  service: Service;
  /** Of the process id it was made under; after that one was closed as dead its holds are booked already. */
  readonly epoch: number;
  /** Among the open ones; undefined = it is not. */
  place: number | undefined;
}

export interface BudgetWish {
  readonly operationId: string;
  readonly principal: string;
  readonly service: Service;
  /** null = the price is unknown. */
  readonly worstCaseNanoUsd: number | null;
}

/** A threshold was passed: told once a period. */
export interface BudgetAlert {
  readonly counter: Counter;
  readonly percent: number;
  readonly spentNanoUsd: number;
}

export function toOpenHold(hold: BudgetHold): OpenHold {
  return {
    operationId: hold.operationId,
    principal: hold.principal,
    model: hold.service.offer.canonicalId,
    provider: hold.service.provider,
    openedMs: hold.openedMs,
    amounts: hold.lines.map(({ counter, nanoUsd }) => [counter.id, nanoUsd]),
  };
}
