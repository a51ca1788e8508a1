// Everything a gateway works with, assembled by the composition root.
import type { Catalog } from '../catalog/catalog.ts';
import type { DialectId } from '../canonical/chat.ts';
import type { Strategy } from '../brain/decision.ts';
import type { Clock } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import type { UpstreamDialect } from '../dialects/dialect.ts';
import type { RetrySettings } from '../routing/attempt-loop.ts';
import type { ChatLimits } from '../routing/chat-call.ts';
import type { Upstream, Upstreams } from '../routing/upstreams.ts';
import type { Planner } from '../brain/planner.ts';
import type { ModelDiscovery } from '../routing/discovery.ts';
import type { Observer } from './events.ts';
import type { KeepAlive } from './keep-alive.ts';
import type { PlanMemo } from './plan-memo.ts';

export interface GatewayParts {
  readonly catalog: Catalog;
  readonly planner: Planner;
  readonly planMemo: PlanMemo;
  readonly discovery: ModelDiscovery;
  readonly connections: Upstreams;
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly dialectOf: (id: DialectId) => UpstreamDialect;
  readonly clock: Clock;
  readonly random: Random;
  readonly observers: readonly Observer[];
  readonly keepAlive: KeepAlive;
  readonly keepAliveMs: number;
  /** ISO date, for retired offers. */
  readonly today: () => string;
  readonly retry: RetrySettings;
  readonly timeouts: { readonly totalMs: number; readonly streamTotalMs: number };
  readonly limits: ChatLimits;
  readonly routing: {
    readonly strategy: Strategy;
    readonly fallback: 'named' | 'runner-ups' | 'none';
    readonly layer?: string;
    readonly regions?: readonly string[];
  };
}
