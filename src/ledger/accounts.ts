// The money port of the gateway: one hold a call, under every budget and rate limit that concerns whoever pays. Synchronous.
// Whoever no rule concerns costs one look-up.
import { LRUCache } from 'lru-cache';
import type { Usage } from '../canonical/usage.ts';
import { inputTotal, outputTotal } from '../canonical/usage.ts';
import { upTo } from '../core/cache-size.ts';
import type { Clock } from '../core/clock.ts';
import type { GatewayError } from '../core/errors.ts';
import type { BudgetBook } from './budgets/budget-book.ts';
import type { BudgetHold } from './budgets/budget-hold.ts';
import { addBudgetHeaders } from './budgets/budget-headers.ts';
import { Slot } from './budgets/counter.ts';
import { Gate } from './limits/gate.ts';
import { addLimitHeaders, limitExceeded, limitHeaders } from './limits/limit-answer.ts';
import { noOwners, type OwnerChain } from './owners/owner.ts';
import type { RuleBook, RuleSet } from './rule-book.ts';
import { concerns, type Holder, holderName, holdersOf, type Service } from './rules.ts';

export interface ReserveWish {
  /** The operation's id = the request id = the ledger entry's id. */
  readonly operationId: string;
  /** Absent `owners`: an open gateway or the admin key. */
  readonly principal: { readonly id: string; readonly owners?: OwnerChain | undefined };
  /** Who would serve: of a plan, the first candidate. */
  readonly service: Service;
  /** Tags of the request; those of the key count without being named. */
  readonly tags?: readonly string[] | undefined;
  readonly endUser?: string | undefined;
  /** Counted input and the most output at the dearest candidate of the plan; null = the price is unknown. */
  readonly worstCaseNanoUsd: number | null;
  /** Estimated input and the most output, for token limits. */
  readonly tokens: number;
  /** The answer is there already: only limits on requests notice it. */
  readonly answered?: boolean;
}

export interface Settlement {
  /** null = nobody knows: what was held is booked. */
  readonly costNanoUsd: number | null;
  readonly usage?: Usage | undefined;
  /** Who served, when it is not whom the hold was last covered for. */
  readonly service?: Service | undefined;
}

export interface Hold {
  /**
   * Before another candidate, a paid-for retry or a hedge: the hold grows to this amount where it was smaller, and to the budgets
   * that concern the new candidate. An error means that this candidate may not be tried; the hold stays as it was.
   */
  cover(service: Service, worstCaseNanoUsd: number | null): GatewayError | undefined;
  /** Books what the call cost, once; further calls do nothing. */
  settle(settlement: Settlement): void;
  /** Nothing was spent. */
  release(): void;
  /** Appends `x-ratelimit-*`, `x-mpc-budget-*`, `x-litellm-key-*`: name, value, name, value … */
  addHeaders(headers: string[]): void;
}

export type Reserved =
  | { readonly ok: true; readonly hold: Hold }
  /** `fallbacks`: cheaper models the budget names; the gateway may reserve for one of them instead. */
  | { readonly ok: false; readonly error: GatewayError; readonly fallbacks: readonly string[] };

export interface Accounts {
  /** False: no budget and no limit exists, so nothing needs to be worked out for a reservation. */
  hasRules(): boolean;
  /** False: no rule names tags of a request or end users, so nobody needs to read who they are. */
  hasRulesForRequests(): boolean;
  reserve(wish: ReserveWish): Reserved;
  /** Budgets and limits of a key and of its owners, for `key/info`. */
  rulesFor(owners: OwnerChain | undefined): { readonly slots: readonly Slot[]; readonly gates: readonly Gate[] };
}

export interface AccountsOptions {
  readonly rules: RuleBook;
  readonly budgets: BudgetBook;
  readonly clock: Clock;
}

const noFallbacks: readonly string[] = Object.freeze([]);
const freeHold: Hold = Object.freeze({
  cover: () => undefined,
  settle: () => undefined,
  release: () => undefined,
  addHeaders: () => undefined,
});
const free: Reserved = Object.freeze({ ok: true, hold: freeHold });

/** Holders remembered at a time. A limit that is forgotten starts whole; a budget's spending is in the database. */
const rememberedHolders = 200_000;

/** What concerns one caller. */
interface Claims {
  readonly slots: readonly Slot[];
  readonly gates: readonly Gate[];
}

export function createAccounts({ rules, budgets, clock }: AccountsOptions): Accounts {
  let ruleSet: RuleSet | undefined;
  let claimsByChain = new WeakMap<OwnerChain, Claims>();
  const slots = new LRUCache<string, Slot>(upTo(rememberedHolders));
  const gates = new LRUCache<string, Gate>(upTo(rememberedHolders));

  /** The rules in force. After a change counters go on in the database; a rate limit that was changed starts whole. */
  function rulesNow(): RuleSet {
    const now = rules.current();
    if (now === ruleSet) return now;
    ruleSet = now;
    claimsByChain = new WeakMap();
    slots.clear();
    const kept = new Set(now.limits);
    for (const [key, gate] of gates.entries()) if (!kept.has(gate.limit)) gates.delete(key);
    return now;
  }

  function claimsOf(holders: readonly Holder[], set: RuleSet): Claims {
    const found: { slots: Slot[]; gates: Gate[] } = { slots: [], gates: [] };
    for (const holder of holders) {
      const name = holderName(holder);
      for (const budget of set.budgetIndex.of(holder)) {
        found.slots.push(remembered(slots, `${budget.id} ${name}`, () => new Slot(budget, name)));
      }
      for (const limit of set.limitIndex.of(holder)) {
        found.gates.push(remembered(gates, `${limit.id} ${name}`, () => new Gate(limit, name)));
      }
    }
    return found;
  }

  function claimsOfChain(chain: OwnerChain, set: RuleSet): Claims {
    let claims = claimsByChain.get(chain);
    if (claims === undefined) {
      claims = claimsOf(holdersOf(chain), set);
      claimsByChain.set(chain, claims);
    }
    return claims;
  }

  /** Holders that only the request names. */
  function claimsOfRequest(wish: ReserveWish, set: RuleSet): Claims | undefined {
    const holders: Holder[] = [];
    const { endUser, tags } = wish;
    if (endUser !== undefined && endUser !== '' && namesHolders(set, 'end_user'))
      holders.push({ kind: 'end_user', id: endUser.slice(0, 200) });
    if (tags !== undefined && tags.length > 0 && namesHolders(set, 'tag')) {
      const known = wish.principal.owners?.tags ?? [];
      for (const tag of new Set(tags)) if (!known.includes(tag)) holders.push({ kind: 'tag', id: tag.slice(0, 200) });
    }
    return holders.length === 0 ? undefined : claimsOf(holders, set);
  }

  function reserve(wish: ReserveWish): Reserved {
    const set = rulesNow();
    if (set.isEmpty) return free;
    const own = claimsOfChain(wish.principal.owners ?? noOwners, set);
    const more = claimsOfRequest(wish, set);
    const allSlots = more === undefined ? own.slots : [...own.slots, ...more.slots];
    const allGates = more === undefined ? own.gates : [...own.gates, ...more.gates];
    if (allSlots.length + allGates.length === 0) return free;

    const nowMs = clock.monotonicMs();
    const taken = gatesOf(allGates, wish);
    const refused = findRefusal(taken, wish.tokens, nowMs);
    if (refused !== undefined) return { ok: false, error: refused, fallbacks: noFallbacks };
    for (const gate of taken) gate.take(wish.tokens, nowMs);

    const budgetHold =
      allSlots.length === 0 || wish.answered === true
        ? undefined
        : budgets.reserve(allSlots, {
            operationId: wish.operationId,
            principal: wish.principal.id,
            service: wish.service,
            worstCaseNanoUsd: wish.worstCaseNanoUsd,
          });
    if (budgetHold !== undefined && 'error' in budgetHold) {
      for (const gate of taken) gate.undo(wish.tokens);
      return { ok: false, error: budgetHold.error, fallbacks: budgetHold.fallbacks };
    }
    if (budgetHold === undefined && taken.length === 0) return free;
    return { ok: true, hold: new CallHold({ wish, taken, allSlots, budgets, clock }, budgetHold) };
  }

  return {
    hasRules: () => !rulesNow().isEmpty,
    hasRulesForRequests() {
      const set = rulesNow();
      return namesHolders(set, 'end_user') || namesHolders(set, 'tag');
    },
    reserve,
    rulesFor: (owners) => claimsOfChain(owners ?? noOwners, rulesNow()),
  };
}

interface CallHoldParts {
  readonly wish: ReserveWish;
  readonly taken: readonly Gate[];
  readonly allSlots: readonly Slot[];
  readonly budgets: BudgetBook;
  readonly clock: Clock;
}

/** What one call holds under limits and budgets. */
class CallHold implements Hold {
  readonly #parts: CallHoldParts;
  #budgetHold: BudgetHold | undefined;
  #ended = false;

  constructor(parts: CallHoldParts, budgetHold: BudgetHold | undefined) {
    this.#parts = parts;
    this.#budgetHold = budgetHold;
  }

  cover(service: Service, worstCaseNanoUsd: number | null): GatewayError | undefined {
    const { wish, allSlots, budgets } = this.#parts;
    if (this.#budgetHold !== undefined) return budgets.cover(this.#budgetHold, service, worstCaseNanoUsd)?.error;
    if (allSlots.length === 0) return undefined;
    const { operationId, principal } = wish;
    const next = budgets.reserve(allSlots, { operationId, principal: principal.id, service, worstCaseNanoUsd });
    if (next !== undefined && 'error' in next) return next.error;
    this.#budgetHold = next;
    return undefined;
  }

  settle({ costNanoUsd, usage, service }: Settlement): void {
    if (!this.#end(usage === undefined ? undefined : inputTotal(usage) + outputTotal(usage))) return;
    const hold = this.#budgetHold;
    if (hold !== undefined) this.#parts.budgets.settle(hold, costNanoUsd, service ?? hold.service);
  }

  release(): void {
    if (this.#end(0) && this.#budgetHold !== undefined) this.#parts.budgets.release(this.#budgetHold);
  }

  addHeaders(headers: string[]): void {
    const { taken, clock } = this.#parts;
    if (taken.length > 0) addLimitHeaders(headers, taken, clock.monotonicMs());
    if (this.#budgetHold !== undefined) addBudgetHeaders(headers, this.#budgetHold.lines);
  }

  #end(tokens: number | undefined): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    const { wish, taken, clock } = this.#parts;
    const nowMs = clock.monotonicMs();
    for (const gate of taken) gate.ended(wish.tokens, tokens, nowMs);
    return true;
  }
}

/** Mostly all of them, and then no list is made. */
function gatesOf(gates: readonly Gate[], wish: ReserveWish): readonly Gate[] {
  const counts = ({ limit }: Gate): boolean => (wish.answered !== true || limit.unit === 'requests') && concerns(limit, wish.service);
  return gates.every(counts) ? gates : gates.filter(counts);
}

function namesHolders(set: RuleSet, kind: Holder['kind']): boolean {
  return set.budgetIndex.names(kind) || set.limitIndex.names(kind);
}

function findRefusal(gates: readonly Gate[], tokens: number, nowMs: number): GatewayError | undefined {
  let worst: Gate | undefined;
  let worstMs = 0;
  for (const gate of gates) {
    const waitMs = gate.waitMs(tokens, nowMs);
    if (waitMs <= worstMs) continue;
    worst = gate;
    worstMs = waitMs;
  }
  return worst === undefined ? undefined : limitExceeded(worst, worstMs, limitHeaders(gates, nowMs));
}

function remembered<Value extends object>(cache: LRUCache<string, Value>, key: string, make: () => Value): Value {
  let value = cache.get(key);
  if (value === undefined) {
    value = make();
    cache.set(key, value);
  }
  return value;
}
