// What the gateway works with under one configuration, built at the start and anew at each reload.
import type { AnswerCache } from '../cache/answer-cache.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { LoadedSettings } from '../config/settings.ts';
import type { Clock } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import { createArrange } from '../gateway/arrange.ts';
import { connectedParts } from '../gateway/connected-parts.ts';
import { Continuing } from '../gateway/continuing.ts';
import { FallbackRules } from '../gateway/fallback-rules.ts';
import type { Hedging } from '../gateway/hedging.ts';
import type { GatewayParts } from '../gateway/parts.ts';
import { RunawayGuard } from '../gateway/runaway-guard.ts';
import { balanceOf, rankOf } from '../gateway/strategy-names.ts';
import type { Accounts } from '../ledger/accounts.ts';
import { createAdapterDispatcher } from '../library/adapter-bridge.ts';
import { createDemoDispatcher } from '../providers/demo/index.ts';
import { findProvider } from '../providers/index.ts';
import type { Sessions } from '../routing/sessions.ts';
import { createUpstreams } from '../routing/upstreams.ts';
import { createMediaFetcher } from '../transport/fetch-media.ts';

/** What a reload does not touch. */
export interface LastingParts extends Pick<GatewayParts, 'observers' | 'keepAlive' | 'timeLimits'> {
  readonly clock: Clock;
  readonly random: Random;
  readonly sessions: Sessions;
  readonly hedging: Hedging;
  readonly accounts: Accounts;
  readonly answers: AnswerCache;
  /** The guard for so many repeats. */
  readonly runaway: (repeats: number) => RunawayGuard;
}

/** A reload must not make the guard forget a loop that is going on. */
export function createRunawayGuards(clock: Clock): LastingParts['runaway'] {
  let kept: { readonly repeats: number; readonly guard: RunawayGuard } | undefined;
  return (repeats) => {
    if (kept?.repeats !== repeats) kept = { repeats, guard: new RunawayGuard({ repeats, withinMs: 10_000 }, clock) };
    return kept.guard;
  };
}

/** The parts of the gateway for one configuration. What an earlier one has learned stays in the lasting parts. */
export function createGatewayParts({ settings: next, own }: LoadedSettings, catalog: Catalog, lasting: LastingParts): GatewayParts {
  const { clock, random, sessions, hedging, runaway, answers, accounts, observers, keepAlive, timeLimits } = lasting;
  const connections = createUpstreams({
    connections: next.connections,
    definitionOf: (id) => own.get(id)?.definition ?? findProvider(id),
    timeouts: next.timeouts,
    ...(Object.keys(next.modelTimeouts).length > 0 && { modelTimeouts: { limits: next.modelTimeouts, catalog } }),
    proxy: next.proxy,
    breaker: next.routing.circuitBreaker,
    clock,
    builtIn(provider) {
      const adapter = own.get(provider)?.adapter;
      return adapter === undefined ? createDemoDispatcher({ clock, random }) : createAdapterDispatcher(adapter);
    },
  });
  const { fallbackOn, fallbacks: chains } = next.routing;
  const fallbacks = new FallbackRules({ fallbackOn, chains, aliases: next.aliases });
  hedging.configure(next.routing.hedge);
  const { continueStreams } = next.routing;
  return {
    ...connectedParts({ catalog, connections, clock, random }),
    media: createMediaFetcher(next.media),
    observers,
    keepAlive,
    timeLimits,
    keepAliveMs: next.keepAliveMs,
    retry: next.retry,
    timeouts: next.timeouts,
    limits: next.limits,
    arrange: createArrange({
      connections,
      random,
      sessions,
      balance: balanceOf(next.routing.strategy),
      aliases: Object.fromEntries(
        Object.entries(next.aliases).map(([name, { strategy, weights }]) => [
          name,
          { weights, balance: strategy === undefined ? undefined : balanceOf(strategy) },
        ]),
      ),
    }),
    sessions,
    accounts,
    cache: {
      answers,
      keeps: next.cache.mode !== 'off',
      always: next.cache.mode === 'on',
      ttlMs: next.cache.ttlMs,
      policy: JSON.stringify([catalog.version, next.routing, next.aliases]),
    },
    ...(!fallbacks.isEmpty && { fallbacks }),
    hedging,
    ...(continueStreams !== 'never' && { continuing: new Continuing({ isOn: continueStreams === 'on', aliases: next.aliases }) }),
    ...(next.routing.runawayRepeats > 0 && { runaway: runaway(next.routing.runawayRepeats) }),
    routing: { ...next.routing, strategy: rankOf(next.routing.strategy) },
  };
}
