// The attempt loop: walks a plan until something answers. It knows retry classes and delays, not providers, prices or logs.
// Whole answers and streams share it, because an attempt is "opened" at its first content either way.
import type { Candidate } from '../brain/decision.ts';
import type { AttemptRecord } from '../canonical/attempt-record.ts';
import type { Clock } from '../core/clock.ts';
import { GatewayError, toGatewayError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';
import type { Attempt, Opened } from './attempt.ts';
import type { OfferGate } from './gate.ts';
import type { Interruption } from './interruption.ts';

export interface RetrySettings {
  /** Tries beyond the first on one candidate. */
  readonly attempts: number;
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** A longer wait that an upstream asks for is not waited: the next candidate or the caller gets it. */
  readonly maxRetryAfterMs: number;
}

export interface LoopOptions<Sent extends { readonly attempt: Attempt }> {
  readonly plan: readonly Candidate[];
  /** Starts a call; throws GatewayError when the request cannot be said to this candidate. */
  readonly start: (candidate: Candidate) => Sent;
  /** What is known of a candidate: whether another call may start now. */
  readonly gateOf: (candidate: Candidate) => OfferGate;
  /** What a call to this candidate needs first; mostly nothing, and then nothing is waited for. */
  readonly prepare?: (candidate: Candidate) => Promise<void> | undefined;
  /** False: this further candidate may not be tried (nobody would pay for it). Not asked for the first that is tried. */
  readonly mayTry?: (candidate: Candidate) => boolean;
  readonly retry: RetrySettings;
  readonly clock: Clock;
  readonly random: Random;
  /** Monotonic time after which nothing more is started. */
  readonly deadlineMs: number;
  /** Set by the exchange: the client has left, the process stops. */
  readonly interruption: Interruption;
  /** Told of each attempt that failed before it opened. */
  readonly onFailed: (record: AttemptRecord, error: GatewayError) => void;
}

export interface Answered<Sent> {
  readonly candidate: Candidate;
  readonly sent: Sent;
  readonly opened: Opened;
  /** To be told when the call is over. */
  readonly gate: OfferGate;
}

/** With another candidate at hand a wait longer than this is worse than falling back. */
const patienceWithAlternativeMs = 2_000;

/** How long a caller waits for a candidate that rests, when there is no other. */
const restPatienceMs = 2_000;

/**
 * Answers the first attempt that opened; throws the last failure when the plan is exhausted. A candidate that rests is passed
 * over; when all of them do, the first to come back is waited for if that is soon, else the caller is told when.
 */
export async function runAttempts<Sent extends { readonly attempt: Attempt }>(options: LoopOptions<Sent>): Promise<Answered<Sent>> {
  const { plan, interruption, clock } = options;
  let last: GatewayError | undefined;
  const tried: Candidate[] = [];
  for (let patienceMs = restPatienceMs; ; ) {
    let resting: { readonly candidate: Candidate; readonly gate: OfferGate; readonly waitMs: number } | undefined;
    for (let position = 0; position < plan.length; position += 1) {
      const candidate = plan[position] as Candidate;
      const gate = options.gateOf(candidate);
      const waitMs = gate.waitMs();
      if (waitMs > 0) {
        if (resting === undefined || waitMs < resting.waitMs) resting = { candidate, gate, waitMs };
        continue;
      }
      const { retries } = gate.connection;
      // Another model of a connection that has just failed is a retry to that connection.
      if (tried.some((before) => before.connection === candidate.connection)) {
        if (!retries.spend()) continue;
      } else retries.earn();
      if (candidate !== plan[0] && options.mayTry?.(candidate) === false) continue;
      tried.push(candidate);
      const hasAlternative = position + 1 < plan.length;
      for (let tries = 0; ; tries += 1) {
        let sent: Sent | undefined;
        let abort: ((error: GatewayError) => void) | undefined;
        try {
          const preparing = options.prepare?.(candidate);
          if (preparing !== undefined) await preparing;
          sent = options.start(candidate);
          gate.started();
          const { attempt } = sent;
          abort = (error) => attempt.abort(error);
          interruption.onInterrupt(abort);
          const opened = await attempt.opened;
          gate.opened(attempt.elapsedMs());
          return { candidate, sent, opened, gate };
        } catch (thrown) {
          last = toGatewayError(thrown);
          // Without an attempt nothing was sent, so there is nothing to record.
          if (sent !== undefined) {
            gate.failed(last.code, sent.attempt.elapsedMs(), last.details.retryAfterMs);
            options.onFailed(recordOf(candidate, sent.attempt, last), last);
          }
        } finally {
          if (abort !== undefined) interruption.offInterrupt(abort);
        }
        if (interruption.error !== undefined) throw interruption.error;
        if (last.retry === 'never') throw last;
        const delayMs = last.retry === 'again' && tries < options.retry.attempts ? retryDelay(last, tries, options) : undefined;
        if (delayMs === undefined || (hasAlternative && delayMs > patienceWithAlternativeMs)) break;
        if (clock.monotonicMs() + delayMs >= options.deadlineMs || !retries.spend()) break;
        await pause(delayMs, options);
      }
      if (clock.monotonicMs() >= options.deadlineMs) throw last;
    }
    if (last !== undefined) throw last;
    if (resting === undefined) throw new GatewayError('no_matching_model', 'the plan holds no candidate');
    const { waitMs } = resting;
    if (waitMs > patienceMs || clock.monotonicMs() + waitMs >= options.deadlineMs) throw restError(resting);
    patienceMs -= waitMs;
    await pause(waitMs, options);
  }
}

function restError(resting: { readonly candidate: Candidate; readonly gate: OfferGate; readonly waitMs: number }): GatewayError {
  const { candidate, gate, waitMs } = resting;
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  const { cause } = gate;
  const why = cause === undefined ? 'has as many calls under way as it may' : `rests after failures (${cause})`;
  return new GatewayError(
    cause ?? 'upstream_overloaded',
    `${candidate.offer.providerId} on the connection ${candidate.connection.id} ${why}; try again in ${seconds} s, or name a fallback`,
    { retryAfterMs: waitMs },
  );
}

/** The record of an attempt as it stands now; the one that served is recorded when it has ended. */
export function recordOf(candidate: Candidate, attempt: Attempt, error?: GatewayError): AttemptRecord {
  return {
    provider: candidate.connection.provider,
    connection: candidate.connection.id,
    model: candidate.offer.providerId,
    totalMs: attempt.elapsedMs(),
    ...(attempt.status !== undefined && { status: attempt.status }),
    ...(error !== undefined && { errorCode: error.code }),
    ...(attempt.connectMs !== undefined && { connectMs: attempt.connectMs }),
    ...(attempt.firstByteMs !== undefined && { firstByteMs: attempt.firstByteMs }),
  };
}

/** The upstream's own delay if it named one, else full jitter; undefined = too long to wait. */
function retryDelay(error: GatewayError, tries: number, options: Pick<LoopOptions<never>, 'retry' | 'random'>): number | undefined {
  const { retry, random } = options;
  const asked = error.details.retryAfterMs;
  if (asked !== undefined) return asked <= retry.maxRetryAfterMs ? asked : undefined;
  return random() * Math.min(retry.maxDelayMs, retry.baseDelayMs * 2 ** tries);
}

function pause(delayMs: number, options: Pick<LoopOptions<never>, 'clock' | 'interruption'>): Promise<void> {
  const { clock, interruption } = options;
  return new Promise((resolve, reject) => {
    if (interruption.error !== undefined) {
      reject(interruption.error);
      return;
    }
    const cancel = clock.after(delayMs, () => {
      interruption.offInterrupt(stop);
      resolve();
    });
    const stop = (error: GatewayError): void => {
      cancel();
      reject(error);
    };
    interruption.onInterrupt(stop);
  });
}
