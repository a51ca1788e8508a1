// Everything a gateway works with, assembled by the composition root.
import type { Catalog } from '../catalog/catalog.ts';
import type { DialectId } from '../canonical/chat.ts';
import type { TaskDialectId } from '../canonical/tasks.ts';
import type { Strategy } from '../brain/decision.ts';
import type { Balance } from '../routing/strategies/balance.ts';
import type { Clock } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import type { UpstreamDialect } from '../dialects/dialect.ts';
import type { TaskDialect } from '../dialects/task-dialect.ts';
import type { RetrySettings } from '../routing/attempt-loop.ts';
import type { ChatLimits } from '../routing/sent.ts';
import type { Sessions } from '../routing/sessions.ts';
import type { MediaFetcher } from '../routing/inline-media.ts';
import type { Upstream } from '../routing/upstream.ts';
import type { Upstreams } from '../routing/upstreams.ts';
import type { HedgePolicy } from '../routing/hedge.ts';
import type { ChatRequestCall, ModelWish } from './call.ts';
import type { Exchange } from './exchange.ts';
import type { RunawayGuard } from './runaway-guard.ts';
import type { Planner } from '../brain/planner.ts';
import type { ModelDiscovery } from '../routing/discovery.ts';
import type { CachePart } from './cached-chat.ts';
import type { Accounts } from '../ledger/accounts.ts';
import type { Observer } from './events.ts';
import type { FallbackRules } from './fallback-rules.ts';
import type { KeepAlive } from './keep-alive.ts';
import type { Plan, PlanMemo } from './plan-memo.ts';
import type { TimeLimits } from './time-limit.ts';

export interface GatewayParts {
  readonly catalog: Catalog;
  readonly planner: Planner;
  readonly planMemo: PlanMemo;
  readonly discovery: ModelDiscovery;
  readonly connections: Upstreams;
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly dialectOf: (id: DialectId) => UpstreamDialect;
  readonly taskDialectOf: (id: TaskDialectId) => TaskDialect;
  /** Absent: nothing is fetched for upstreams that read no addresses. */
  readonly media?: MediaFetcher;
  readonly clock: Clock;
  readonly random: Random;
  readonly observers: readonly Observer[];
  readonly keepAlive: KeepAlive;
  readonly timeLimits: TimeLimits;
  readonly keepAliveMs: number;
  /** ISO date, for retired offers. */
  readonly today: () => string;
  readonly retry: RetrySettings;
  readonly timeouts: { readonly totalMs: number; readonly streamTotalMs: number };
  readonly limits: ChatLimits;
  /** The last word on a plan before it is tried: another order, fewer candidates, or a refusal (thrown). */
  readonly arrange?: (plan: Plan, wish: ModelWish, session?: string) => Plan;
  /** Budgets and limits; absent: nobody counts. */
  readonly accounts?: Accounts;
  /** Refuses prompts that go in circles; absent: nobody looks. */
  readonly runaway?: RunawayGuard;
  /** Answers that were given before; absent: none are kept. */
  readonly cache?: CachePart;
  /** Absent: the error table decides what is fallen back on, and only requests and aliases say to whom. */
  readonly fallbacks?: FallbackRules;
  /** Second attempts beside slow ones; absent: never. */
  readonly hedging?: { policyFor(call: ChatRequestCall, exchange: Exchange): HedgePolicy | undefined };
  /** Answers that broke off are gone on with; absent: never. */
  readonly continuing?: { isWanted(call: ChatRequestCall, alias: string | undefined): boolean };
  /** Where sessions were served last; absent: nobody remembers. */
  readonly sessions?: Sessions;
  readonly routing: {
    readonly strategy: Strategy;
    /** How equals share the load; undefined: twins of one offer by speed. */
    readonly balance?: Balance | undefined;
    readonly fallback: 'named' | 'runner-ups' | 'none';
    readonly layer?: string;
    readonly regions?: readonly string[];
  };
}
