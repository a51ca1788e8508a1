// All budgets and rate limits in force: those of mpc.yaml and those of the administrators. Changes of other processes hold within a second.
import type { Clock } from '../core/clock.ts';
import type { Budget } from './budgets/budget.ts';
import { readBudget } from './budgets/read-budget.ts';
import { readRateLimit } from './limits/read-rate-limit.ts';
import type { RateLimit } from './limits/rate-limit.ts';
import { RuleIndex } from './rules.ts';
import type { RuleStore } from './rule-store.ts';

export interface ConfiguredRules {
  readonly budgets: readonly Budget[];
  readonly limits: readonly RateLimit[];
}

/** One moment's rules; another object after each change. */
export interface RuleSet extends ConfiguredRules {
  readonly budgetIndex: RuleIndex<Budget>;
  readonly limitIndex: RuleIndex<RateLimit>;
  readonly isEmpty: boolean;
}

export interface RuleBook {
  current(): RuleSet;
  /** After a change of mpc.yaml. */
  configure(rules: ConfiguredRules): void;
  /** Reads the administrators' rules anew, after a change by this process. */
  reload(): void;
}

export interface RuleBookOptions {
  readonly store: RuleStore;
  readonly clock: Clock;
  readonly configured: ConfiguredRules;
  /** A stored rule that no longer reads; it is left out. */
  readonly onTrouble: (problem: string) => void;
}

const versionCheckMs = 1_000;

export function createRuleBook(options: RuleBookOptions): RuleBook {
  const { store, clock, onTrouble } = options;
  let { configured } = options;
  let version = store.rulesVersion();
  let checkedMs = clock.monotonicMs();
  let current = load();

  function load(): RuleSet {
    const budgets = [...configured.budgets];
    const limits = [...configured.limits];
    for (const { id, kind, definition } of store.listRules()) {
      const wrong = (field: string, message: string): void => onTrouble(`${kind} ${id}: ${field} ${message}`);
      const at = { id, origin: 'admin', wrong } as const;
      if (kind === 'budget') {
        const budget = readBudget(definition, at);
        if (budget !== undefined) budgets.push(budget);
      } else {
        const limit = readRateLimit(definition, at);
        if (limit !== undefined) limits.push(limit);
      }
    }
    return {
      budgets,
      limits,
      budgetIndex: new RuleIndex(budgets),
      limitIndex: new RuleIndex(limits),
      isEmpty: budgets.length + limits.length === 0,
    };
  }

  function reload(): void {
    version = store.rulesVersion();
    current = load();
  }

  return {
    current() {
      const nowMs = clock.monotonicMs();
      if (nowMs - checkedMs >= versionCheckMs) {
        checkedMs = nowMs;
        if (store.rulesVersion() !== version) reload();
      }
      return current;
    },
    configure(rules) {
      configured = rules;
      reload();
    },
    reload,
  };
}
