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

/** What all exchanges share. */
export interface LoopParts {
  /** What is known of a candidate: whether another call may start now. */
  readonly connections: { readonly gateOf: (candidate: Candidate) => OfferGate };
  readonly retry: RetrySettings;
  readonly clock: Clock;
  readonly random: Random;
}

/** What one exchange asks for, and what is done for it. One object of one class per kind of exchange: no call makes closures for this. */
export interface AttemptRun<Sent extends { readonly attempt: Attempt }> {
  readonly plan: readonly Candidate[];
  readonly parts: LoopParts;
  /** Monotonic time after which nothing more is started. */
  readonly deadlineMs: number;
  /** Set by the exchange: the client has left, the process stops. */
  readonly interruption: Interruption;
  /** After which failures the next candidate is asked; absent = as the error table says. */
  readonly fallbackPolicy?: FallbackPolicy | undefined;
  /** A second attempt beside a slow one; absent = never. */
  readonly hedge?: HedgePolicy | undefined;
  /** What a call to this candidate needs first; mostly nothing, and then nothing is waited for. */
  prepare?(candidate: Candidate): Promise<void> | undefined;
  /** Starts a call; throws GatewayError when the request cannot be said to this candidate. */
  start(candidate: Candidate): Sent;
  /** False: this further candidate may not be tried (nobody would pay for it). Not asked for the first that is tried. */
  mayTry?(candidate: Candidate): boolean;
  /** Told of each attempt that failed before it opened. */
  onFailed(record: AttemptRecord, error: GatewayError, started: Started<Sent>): void;
  /** Told of the attempt that opened, before the answer to the run. */
  onOpened?(answered: Answered<Sent>): void;
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

const nobody: readonly Candidate[] = [];

/** Whose turn it is. */
interface Turn {
  readonly candidate: Candidate;
  readonly gate: OfferGate;
}

interface Resting extends Turn {
  readonly waitMs: number;
}

/**
 * Answers the first attempt that opened; throws the last failure when the plan is exhausted. A candidate that rests is passed
 * over; when all of them do, the first to come back is waited for if that is soon, else the caller is told when.
 */
export function runAttempts<Sent extends { readonly attempt: Attempt }>(run: AttemptRun<Sent>): Promise<Answered<Sent>> {
  return new AttemptLoop(run).answer();
}

/** Decides what comes next between two waits; only `answer` waits, and for most calls once. */
class AttemptLoop<Sent extends { readonly attempt: Attempt }> {
  private readonly run: AttemptRun<Sent>;
  /** Place in the plan of who comes after the turn. */
  private next = 0;
  /** Undefined: all that are left rest. */
  private turn: Turn | undefined;
  /** Calls of this turn that have failed. */
  private failed = 0;
  /** The call under way. */
  private sent: Sent | undefined;
  /** Its failure has been told of. */
  private isTold = false;
  private tried = nobody;
  private last: GatewayError | undefined;
  /** Why the request cannot be said to the first candidate that it cannot be said to. */
  private unsayable: GatewayError | undefined;
  /** The prompt did not fit a window of this size. */
  private tooSmallTokens = 0;
  /** Who is back first. */
  private resting: Resting | undefined;
  private patienceMs = restPatienceMs;

  constructor(run: AttemptRun<Sent>) {
    this.run = run;
  }

  async answer(): Promise<Answered<Sent>> {
    let waitMs = this.takeTurn();
    for (;;) {
      if (waitMs !== undefined) await pause(waitMs, this.run);
      const { turn } = this;
      if (turn === undefined) {
        waitMs = this.takeTurn();
        continue;
      }
      let answered: Answered<Sent>;
      try {
        const preparing = this.run.prepare?.(turn.candidate);
        if (preparing !== undefined) await preparing;
        const sent = this.start(turn);
        answered =
          this.run.hedge === undefined
            ? { candidate: turn.candidate, sent, opened: await sent.attempt.opened, gate: turn.gate }
            : await this.race({ candidate: turn.candidate, sent, gate: turn.gate }, this.run.hedge);
      } catch (thrown) {
        waitMs = this.afterFailure(toGatewayError(thrown), turn);
        continue;
      }
      return this.opened(answered);
    }
  }

  /** It is the turn of the next candidate that may be tried. When all that are left rest, answers how long to wait for one. */
  private takeTurn(): number | undefined {
    const { plan, parts, fallbackPolicy } = this.run;
    this.failed = 0;
    while (this.next < plan.length) {
      const candidate = plan[this.next] as Candidate;
      this.next += 1;
      // As the second of a race, or as too small as one that was tried.
      if (this.tried.includes(candidate) || (candidate.offer.contextTokens ?? Number.POSITIVE_INFINITY) <= this.tooSmallTokens) continue;
      const gate = parts.connections.gateOf(candidate);
      const waitMs = gate.waitMs();
      if (waitMs > 0) {
        if (this.resting === undefined || waitMs < this.resting.waitMs) this.resting = { candidate, gate, waitMs };
        // Passing over it would be a fallback after that failure.
        if (fallbackPolicy !== undefined && gate.cause !== undefined && !fallbackPolicy.takesOver(gate.cause)) break;
        continue;
      }
      if (!this.mayTry(candidate, gate)) continue;
      // For the one candidate that most calls need: an array that grows takes room for seventeen.
      this.tried = this.tried.length === 0 ? [candidate] : [...this.tried, candidate];
      this.turn = { candidate, gate };
      return undefined;
    }
    this.turn = undefined;
    return this.restMs();
  }

  private mayTry(candidate: Candidate, gate: OfferGate): boolean {
    const { retries } = gate.connection;
    // Another model of a connection that has just failed is a retry to that connection.
    if (this.hasTried(candidate.connection)) {
      if (!retries.spend()) return false;
    } else retries.earn();
    return candidate === this.run.plan[0] || this.run.mayTry?.(candidate) !== false;
  }

  private hasTried(connection: Candidate['connection']): boolean {
    for (const before of this.tried) if (before.connection === connection) return true;
    return false;
  }

  /** The plan is at its end: throws what there is to tell, or answers how long the first to come back still rests. */
  private restMs(): number {
    const { resting, run } = this;
    if (this.last !== undefined) throw this.last;
    if (resting === undefined) throw this.unsayable ?? new GatewayError('no_matching_model', 'the plan holds no candidate');
    const { waitMs } = resting;
    if (waitMs > this.patienceMs || run.parts.clock.monotonicMs() + waitMs >= run.deadlineMs) throw restError(resting);
    this.patienceMs -= waitMs;
    this.resting = undefined;
    this.next = 0;
    return waitMs;
  }

  private start({ candidate, gate }: Turn): Sent {
    const sent = this.run.start(candidate);
    this.sent = sent;
    gate.started();
    this.run.interruption.onInterrupt(sent.attempt);
    return sent;
  }

  private opened(answered: Answered<Sent>): Answered<Sent> {
    this.letGo();
    answered.gate.opened(answered.sent.attempt.elapsedMs(), answered.opened.kind);
    this.run.onOpened?.(answered);
    return answered;
  }

  /** How long to wait before the same candidate is called again; otherwise it is another's turn. Throws what ends the run. */
  private afterFailure(error: GatewayError, { candidate, gate }: Turn): number | undefined {
    const { sent, run } = this;
    this.letGo();
    // It cannot be said to this candidate. That is nobody's failure, so the next one is no retry.
    if (sent === undefined && error.code === 'unsupported_capability') {
      this.unsayable ??= error;
      this.tried = this.tried.slice(0, -1);
      return this.takeTurn();
    }
    this.last = error;
    // Without an attempt nothing was sent, so there is nothing to record.
    if (sent !== undefined && !this.isTold) this.noteFailed({ candidate, sent, gate }, error);
    this.isTold = false;
    if (run.interruption.error !== undefined) throw run.interruption.error;
    const takesOver = run.fallbackPolicy?.takesOver(error.code);
    if (error.retry === 'never' && takesOver !== true) throw error;
    const delayMs = this.retryDelayMs(error, gate);
    if (delayMs !== undefined) {
      this.failed += 1;
      return delayMs;
    }
    if (takesOver === false || run.parts.clock.monotonicMs() >= run.deadlineMs) throw error;
    if (takesOver === true && error.code === 'context_length_exceeded') {
      this.tooSmallTokens = Math.max(this.tooSmallTokens, candidate.offer.contextTokens ?? 0);
    }
    return this.takeTurn();
  }

  /** Undefined: not again, or not so late. */
  private retryDelayMs(error: GatewayError, gate: OfferGate): number | undefined {
    const { parts, plan, deadlineMs } = this.run;
    if (error.retry !== 'again' || this.failed >= parts.retry.attempts) return undefined;
    const delayMs = retryDelay(error, this.failed, parts);
    if (delayMs === undefined || (this.next < plan.length && delayMs > patienceWithAlternativeMs)) return undefined;
    return parts.clock.monotonicMs() + delayMs < deadlineMs && gate.connection.retries.spend() ? delayMs : undefined;
  }

  private letGo(): void {
    if (this.sent !== undefined) this.run.interruption.offInterrupt(this.sent.attempt);
    this.sent = undefined;
  }

  private noteFailed(started: Started<Sent>, error: GatewayError): void {
    const { candidate, sent, gate } = started;
    gate.failed(error.code, sent.attempt.elapsedMs(), error.details.retryAfterMs);
    this.run.onFailed(recordOf(candidate, sent.attempt, error), error, started);
  }

  private async race(first: Started<Sent>, hedge: HedgePolicy): Promise<Answered<Sent>> {
    const { parts, interruption } = this.run;
    const end = await openHedged<Sent>(first, {
      hedge,
      clock: parts.clock,
      interruption,
      startSecond: () => this.startSecond(first.candidate, hedge),
      onFailed: (started, error) => this.noteFailed(started, error),
    });
    if (end.kind === 'opened') return { ...end.winner, opened: end.opened };
    this.isTold = true;
    throw end.error;
  }

  /** A second attempt beside a slow one: elsewhere if possible, and within the retry budget, because it is load that nobody asked for. */
  private startSecond(first: Candidate, hedge: HedgePolicy): Started<Sent> | undefined {
    const { run } = this;
    const { gateOf } = run.parts.connections;
    const free = run.plan.filter((candidate) => !this.tried.includes(candidate) && gateOf(candidate).waitMs() === 0);
    const candidate = free.find(({ connection }) => connection !== first.connection) ?? free[0];
    if (candidate === undefined || !hedge.mayHedge(first, candidate)) return undefined;
    const gate = gateOf(candidate);
    try {
      const preparing = run.prepare?.(candidate);
      if (preparing === undefined && gate.connection.retries.spend()) {
        const sent = run.start(candidate);
        gate.started();
        this.tried = [...this.tried, candidate];
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
function retryDelay(error: GatewayError, tries: number, options: Pick<LoopParts, 'retry' | 'random'>): number | undefined {
  const { retry, random } = options;
  const asked = error.details.retryAfterMs;
  if (asked !== undefined) return asked <= retry.maxRetryAfterMs ? asked : undefined;
  return random() * Math.min(retry.maxDelayMs, retry.baseDelayMs * 2 ** tries);
}

function pause(delayMs: number, run: { readonly parts: Pick<LoopParts, 'clock'>; readonly interruption: Interruption }): Promise<void> {
  const { parts, interruption } = run;
  return new Promise((resolve, reject) => {
    if (interruption.error !== undefined) {
      reject(interruption.error);
      return;
    }
    const cancel = parts.clock.after(delayMs, () => {
      interruption.offInterrupt(pausing);
      resolve();
    });
    const pausing = {
      abort(error: GatewayError): void {
        cancel();
        reject(error);
      },
    };
    interruption.onInterrupt(pausing);
  });
}
