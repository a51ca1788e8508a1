// Where a session was served last, so that its next turn goes where the provider still has its prompt in the cache.
import type { Candidate } from '../brain/decision.ts';
import type { Offer } from '../catalog/catalog.ts';
import type { Clock } from '../core/clock.ts';
import type { OfferGate } from './gate.ts';

export interface Served {
  readonly connection: string;
  readonly wireId: string;
  /** Tokens of the prompt that the provider can be expected to have kept. */
  readonly warmTokens: number;
  readonly atMs: number;
}

export interface Stay {
  /** Undefined: the order stays as it is. */
  readonly candidate?: Candidate;
  /** For the caller: `stayed`, or why not. */
  readonly told: string;
}

/** How long providers keep a prompt that nobody asks for again: five minutes, as the shortest of them do. */
const keptMs = 300_000;
const maxSessions = 20_000;
/** Waiting this much longer for the first token is worth a warm cache; more is not. */
const patienceMs = 2_000;

export class Sessions {
  private readonly clock: Clock;
  /** In order of use: the first is the oldest. */
  private readonly served = new Map<string, Served>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  note(key: string, candidate: Candidate, warmTokens: number): void {
    this.served.delete(key);
    if (this.served.size >= maxSessions) {
      const oldest = this.served.keys().next();
      if (oldest.done !== true) this.served.delete(oldest.value);
    }
    this.served.set(key, {
      connection: candidate.connection.id,
      wireId: candidate.wireId,
      warmTokens,
      atMs: this.clock.monotonicMs(),
    });
  }

  /** Should the session's next turn go where the last one went? `candidates` in the order they would be tried otherwise. */
  choose(
    key: string,
    candidates: readonly Candidate[],
    question: { readonly contextTokens: number; gateOf(candidate: Candidate): OfferGate },
  ): Stay {
    const served = this.served.get(key);
    if (served === undefined) return { told: 'new' };
    if (this.clock.monotonicMs() - served.atMs > keptMs) return { told: 'moved freely: its prompt cache has gone cold' };
    const candidate = candidates.find((one) => one.connection.id === served.connection && one.wireId === served.wireId);
    const [best] = candidates;
    if (candidate === undefined || best === undefined) return { told: `moved: ${served.connection} no longer serves this` };
    const gate = question.gateOf(candidate);
    if (gate.waitMs() > 0) return { told: `moved: ${served.connection} rests` };
    if (candidate === best) return { candidate, told: 'stayed' };
    if (gate.cost() > question.gateOf(best).cost() + patienceMs) return { told: `moved: ${served.connection} has become slow` };
    const saved = savedPicoUsd(candidate.offer, best.offer, { warm: served.warmTokens, all: question.contextTokens });
    if (saved < 0) return { told: `moved: another is cheaper even without the cache` };
    return { candidate, told: 'stayed' };
  }
}

/** What staying saves on the prompt: warm tokens at the cached price here, against all of them at the full price there. */
function savedPicoUsd(here: Offer, there: Offer, tokens: { readonly warm: number; readonly all: number }): number {
  const [price, other] = [here.price, there.price];
  // Unknown prices: a warm cache is a saving for sure, the rest is a guess.
  if (price?.input === undefined || other?.input === undefined) return 0;
  const warm = Math.min(tokens.warm, tokens.all);
  const cost = (tokens.all - warm) * price.input + warm * (price.cachedInput ?? price.input);
  return tokens.all * other.input - cost;
}
