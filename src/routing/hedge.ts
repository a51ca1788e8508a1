// Two attempts at one call: when the first is slower than it nearly always is, a second starts elsewhere, and the first of the two
// to open serves. Each attempt is told to its gate once, whichever way the race ends.
import type { Candidate } from '../brain/decision.ts';
import type { Clock } from '../core/clock.ts';
import { GatewayError, toGatewayError } from '../core/errors.ts';
import type { Attempt, Opened } from './attempt.ts';
import type { OfferGate } from './gate.ts';
import type { Interruption } from './interruption.ts';

export interface HedgePolicy {
  /** How long the first attempt may stay silent; undefined = nothing is known of this candidate yet, so it is not hedged. */
  readonly delayMs: (gate: OfferGate) => number | undefined;
  /** Asked right before the second is sent. True = it is paid for, whatever it will cost. */
  readonly mayHedge: (first: Candidate, second: Candidate) => boolean;
  /** The second of a race was given up before it was sent, or failed: nothing of it is charged. */
  readonly onUnused: () => void;
  /** Told of the attempt that was called off. */
  readonly onLost: (candidate: Candidate, attempt: Attempt, error: GatewayError) => void;
}

export interface Started<Sent> {
  readonly candidate: Candidate;
  readonly sent: Sent;
  readonly gate: OfferGate;
}

export interface Race<Sent> {
  readonly hedge: HedgePolicy;
  readonly clock: Clock;
  readonly interruption: Interruption;
  /** Picks, pays and starts the second attempt; undefined = nobody is left to ask, or nobody would pay. */
  readonly startSecond: () => Started<Sent> | undefined;
  /** Told of an attempt that failed while the other was still under way, or after it. */
  readonly onFailed: (started: Started<Sent>, error: GatewayError) => void;
}

export type RaceEnd<Sent> =
  | { readonly kind: 'opened'; readonly winner: Started<Sent>; readonly opened: Opened }
  /** Both failed, and both have been told of. */
  | { readonly kind: 'failed'; readonly error: GatewayError };

/** Rejects when the first attempt fails and no second was started: then it is the caller's to tell of. */
export async function openHedged<Sent extends { readonly attempt: Attempt }>(
  first: Started<Sent>,
  race: Race<Sent>,
): Promise<RaceEnd<Sent>> {
  const { attempt } = first.sent;
  const delayMs = race.hedge.delayMs(first.gate);
  const early = delayMs === undefined ? await attempt.opened : await openedWithin(attempt, delayMs, race.clock);
  if (early !== undefined) return { kind: 'opened', winner: first, opened: early };
  const second = race.startSecond();
  if (second === undefined) return { kind: 'opened', winner: first, opened: await attempt.opened };
  return runRace(first, second, race);
}

/** Undefined: it has neither opened nor failed by then. */
function openedWithin(attempt: Attempt, delayMs: number, clock: Clock): Promise<Opened | undefined> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(Math.max(0, delayMs - attempt.elapsedMs()), () => resolve(undefined));
    attempt.opened.then(resolve, reject).finally(cancel);
  });
}

function runRace<Sent extends { readonly attempt: Attempt }>(
  first: Started<Sent>,
  second: Started<Sent>,
  { hedge, interruption, onFailed }: Race<Sent>,
): Promise<RaceEnd<Sent>> {
  interruption.onInterrupt(second.sent.attempt);
  return new Promise((resolve) => {
    let isDecided = false;
    let running = 2;
    const end = (raceEnd: RaceEnd<Sent>): void => {
      isDecided = true;
      interruption.offInterrupt(second.sent.attempt);
      resolve(raceEnd);
    };
    const watch = (one: Started<Sent>, other: Started<Sent>): void => {
      one.sent.attempt.opened.then(
        (opened) => {
          if (isDecided) return;
          if (running === 2) callOff(other, hedge);
          end({ kind: 'opened', winner: one, opened });
        },
        (thrown: unknown) => {
          if (isDecided) return;
          const error = toGatewayError(thrown);
          onFailed(one, error);
          // One failed attempt beside one that serves is no duplicate.
          if (running === 2) hedge.onUnused();
          running -= 1;
          if (running === 0) end({ kind: 'failed', error });
        },
      );
    };
    watch(first, second);
    watch(second, first);
  });
}

function callOff<Sent extends { readonly attempt: Attempt }>({ candidate, sent, gate }: Started<Sent>, hedge: HedgePolicy): void {
  const { attempt } = sent;
  const error = new GatewayError('overtaken', 'another attempt at the same call answered first');
  attempt.abort(error);
  gate.overtaken(attempt.elapsedMs());
  hedge.onLost(candidate, attempt, error);
}
