// The attempt loop: walks a plan until something answers. It knows retry classes and delays, not providers, prices or logs.
// Whole answers and streams share it, because an attempt is "opened" at its first content either way.
import type { Candidate } from '../brain/decision.ts';
import type { AttemptRecord } from '../canonical/attempt-record.ts';
import type { Clock } from '../core/clock.ts';
import { GatewayError, toGatewayError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';
import type { Attempt, Opened } from './attempt.ts';
import type { FallbackPolicy } from './fallback-policy.ts';
import type { OfferGate } from './gate.ts';
import { type HedgePolicy, openHedged, type Started } from './hedge.ts';
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
  readonly prepare?: ((candidate: Candidate) => Promise<void> | undefined) | undefined;
  /** False: this further candidate may not be tried (nobody would pay for it). Not asked for the first that is tried. */
  readonly mayTry?: (candidate: Candidate) => boolean;
  readonly retry: RetrySettings;
  readonly clock: Clock;
  readonly random: Random;
  /** Monotonic time after which nothing more is started. */
  readonly deadlineMs: number;
  /** Set by the exchange: the client has left, the process stops. */
  readonly interruption: Interruption;
  /** After which failures the next candidate is asked; absent = as the error table says. */
  readonly fallbackPolicy?: FallbackPolicy | undefined;
  /** A second attempt beside a slow one; absent = never. */
  readonly hedge?: HedgePolicy | undefined;
  /** Told of each attempt that failed before it opened. */
  readonly onFailed: (record: AttemptRecord, error: GatewayError, started: Started<Sent>) => void;
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
  const { plan, interruption, clock, fallbackPolicy } = options;
  let last: GatewayError | undefined;
  /** Why the request cannot be said to the first candidate that it cannot be said to. */
  let unsayable: GatewayError | undefined;
  const tried: Candidate[] = [];
  /** The prompt did not fit a window of this size. */
  let tooSmallTokens = 0;
  for (let patienceMs = restPatienceMs; ; ) {
    let resting: { readonly candidate: Candidate; readonly gate: OfferGate; readonly waitMs: number } | undefined;
    candidates: for (let position = 0; position < plan.length; position += 1) {
      const candidate = plan[position] as Candidate;
      // As the second of a race, or as too small as one that was tried.
      if (tried.includes(candidate) || (candidate.offer.contextTokens ?? Number.POSITIVE_INFINITY) <= tooSmallTokens) continue;
      const gate = options.gateOf(candidate);
      const waitMs = gate.waitMs();
      if (waitMs > 0) {
        if (resting === undefined || waitMs < resting.waitMs) resting = { candidate, gate, waitMs };
        // Passing over it would be a fallback after that failure.
        if (fallbackPolicy !== undefined && gate.cause !== undefined && !fallbackPolicy.takesOver(gate.cause)) break;
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
        let isSent = false;
        let abort: ((error: GatewayError) => void) | undefined;
        try {
          const preparing = options.prepare?.(candidate);
          if (preparing !== undefined) await preparing;
          sent = options.start(candidate);
          isSent = true;
          gate.started();
          const { attempt } = sent;
          abort = (error) => attempt.abort(error);
          interruption.onInterrupt(abort);
          if (options.hedge !== undefined) {
            const end = await openHedged<Sent>(
              { candidate, sent, gate },
              {
                hedge: options.hedge,
                clock,
                interruption,
                startSecond: () => startSecond(candidate, tried, options),
                onFailed: (started, error) => noteFailed(started, error, options),
              },
            );
            if (end.kind === 'opened') {
              end.winner.gate.opened(end.winner.sent.attempt.elapsedMs(), end.opened.kind);
              return { ...end.winner, opened: end.opened };
            }
            // Both have been told of.
            sent = undefined;
            throw end.error;
          }
          const opened = await attempt.opened;
          gate.opened(attempt.elapsedMs(), opened.kind);
          return { candidate, sent, opened, gate };
        } catch (thrown) {
          const failure = toGatewayError(thrown);
          if (!isSent && failure.code === 'unsupported_capability') {
            // It cannot be said to this candidate. That is nobody's failure, so the next one is no retry.
            unsayable ??= failure;
            tried.pop();
            continue candidates;
          }
          last = failure;
          // Without an attempt nothing was sent, so there is nothing to record.
          if (sent !== undefined) noteFailed({ candidate, sent, gate }, last, options);
        } finally {
          if (abort !== undefined) interruption.offInterrupt(abort);
        }
        if (interruption.error !== undefined) throw interruption.error;
        if (last.retry === 'never' && fallbackPolicy?.takesOver(last.code) !== true) throw last;
        const delayMs = last.retry === 'again' && tries < options.retry.attempts ? retryDelay(last, tries, options) : undefined;
        if (delayMs === undefined || (hasAlternative && delayMs > patienceWithAlternativeMs)) break;
        if (clock.monotonicMs() + delayMs >= options.deadlineMs || !retries.spend()) break;
        await pause(delayMs, options);
      }
      if (clock.monotonicMs() >= options.deadlineMs) throw last;
      if (fallbackPolicy === undefined) continue;
      if (!fallbackPolicy.takesOver(last.code)) throw last;
      if (last.code === 'context_length_exceeded') tooSmallTokens = Math.max(tooSmallTokens, candidate.offer.contextTokens ?? 0);
    }
    if (last !== undefined) throw last;
    if (resting === undefined && unsayable !== undefined) throw unsayable;
    if (resting === undefined) throw new GatewayError('no_matching_model', 'the plan holds no candidate');
    const { waitMs } = resting;
    if (waitMs > patienceMs || clock.monotonicMs() + waitMs >= options.deadlineMs) throw restError(resting);
    patienceMs -= waitMs;
    await pause(waitMs, options);
  }
}

function noteFailed<Sent extends { readonly attempt: Attempt }>(
  started: Started<Sent>,
  error: GatewayError,
  { onFailed }: Pick<LoopOptions<Sent>, 'onFailed'>,
): void {
  const { candidate, sent, gate } = started;
  gate.failed(error.code, sent.attempt.elapsedMs(), error.details.retryAfterMs);
  onFailed(recordOf(candidate, sent.attempt, error), error, started);
}

/** A second attempt beside a slow one: elsewhere if possible, and within the retry budget, because it is load that nobody asked for. */
function startSecond<Sent extends { readonly attempt: Attempt }>(
  first: Candidate,
  tried: Candidate[],
  options: LoopOptions<Sent>,
): Started<Sent> | undefined {
  const { plan, hedge, gateOf } = options;
  const free = plan.filter((candidate) => !tried.includes(candidate) && gateOf(candidate).waitMs() === 0);
  const candidate = free.find(({ connection }) => connection !== first.connection) ?? free[0];
  if (candidate === undefined || hedge === undefined || !hedge.mayHedge(first, candidate)) return undefined;
  const gate = gateOf(candidate);
  try {
    const preparing = options.prepare?.(candidate);
    if (preparing === undefined && gate.connection.retries.spend()) {
      const sent = options.start(candidate);
      gate.started();
      tried.push(candidate);
      return { candidate, sent, gate };
    }
    // What has to be fetched for it first would come too late; what becomes of that concerns nobody.
    preparing?.catch(() => undefined);
  } catch {
    // It cannot be said to this candidate. The first is still under way, so that is nobody's failure.
  }
  hedge.onUnused();
  return undefined;
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
    status: attempt.status,
    errorCode: error?.code,
    connectMs: attempt.connectMs,
    firstByteMs: attempt.firstByteMs,
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
