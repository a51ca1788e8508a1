// The record of one exchange while it lives, and its one settlement: exactly one ledger entry, whatever happened.
import type { AttemptRecord } from '../canonical/attempt-record.ts';
import { inputTotal, outputTotal, type Usage } from '../canonical/usage.ts';
import type { Warning } from '../canonical/warning.ts';
import type { Candidate, Decision } from '../brain/decision.ts';
import type { Clock } from '../core/clock.ts';
import type { ErrorCode, GatewayError } from '../core/errors.ts';
import type { OfferGate } from '../routing/gate.ts';
import { costOf } from '../ledger/cost.ts';
import type { Hold } from '../ledger/accounts.ts';
import type { Entry } from '../ledger/entry.ts';
import type { CallContext } from './call.ts';
import type { ExchangeEnd, Observer } from './events.ts';

export interface ExchangeOptions {
  readonly context: CallContext;
  readonly requestedModel: string | undefined;
  readonly stream: boolean;
  readonly clock: Clock;
  readonly observers: readonly Observer[];
}

export interface Outcome {
  /** HTTP status the caller saw. */
  readonly status: number;
  readonly error?: GatewayError | undefined;
  readonly usage?: Usage | undefined;
  readonly finish?: string | undefined;
  /** What the caller pays, where that is not the usage at the price of who served: several wrote the answer, or nobody. */
  readonly costNanoUsd?: number | null | undefined;
}

const free = { costNanoUsd: 0 };
const noAttempts: readonly AttemptRecord[] = Object.freeze([]);

export class Exchange {
  attempts: readonly AttemptRecord[] = noAttempts;
  decision: Decision | undefined;
  /** The candidate that serves, or was tried last. */
  candidate: Candidate | undefined;
  warnings: readonly Warning[] = [];
  /** What could not be said to the candidate that serves; grows while its answer is translated. */
  sentWarnings: readonly Warning[] = [];
  private readonly options: ExchangeOptions;
  private plannedMs = 0;
  private connectMs: number | undefined;
  private firstByteMs: number | undefined;
  private overheadMs = 0;
  /** What is held for it under budgets and limits; settled with the exchange. */
  hold: Hold | undefined;
  /** Whether the answer cache was asked, and with what success. */
  cache: 'off' | 'hit' | 'miss' = 'off';
  /** What became of the caller's session, for the answer's headers. */
  session: string | undefined;
  /** Charged besides what served: attempts that were called off, where the policy passes them on. */
  besidesNanoUsd = 0;
  private gate: OfferGate | undefined;
  private settled = false;

  constructor(options: ExchangeOptions) {
    this.options = options;
    for (const observer of options.observers) observer.exchangeStarted?.();
  }

  /** Settles what failed before the caller had a head. */
  fail(error: GatewayError): void {
    const { requestId, failsAs } = this.options.context;
    this.settle({ status: error.code === 'client_gone' ? 499 : (failsAs?.(error, requestId).status ?? error.status), error });
  }

  /** Milliseconds since the request arrived. */
  elapsedMs(): number {
    return this.options.clock.monotonicMs() - this.options.context.arrivedMs;
  }

  /** An upstream call is over. */
  attempted(record: AttemptRecord): void {
    // Most have one, and an array that grows takes room for seventeen.
    this.attempts = this.attempts.length === 0 ? [record] : [...this.attempts, record];
    for (const observer of this.options.observers) observer.attemptEnded?.(record, this.options.context.requestId);
  }

  /** An upstream call that did not serve its caller. What it used is its own cost: the caller is not charged for it. */
  failedAttempt(record: AttemptRecord, usage: Usage | undefined, candidate = this.candidate): void {
    const { costNanoUsd } = usage === undefined ? free : costOf(usage, candidate?.offer.price);
    this.attempted(costNanoUsd === null || costNanoUsd === 0 ? record : { ...record, costNanoUsd });
  }

  planned(decision: Decision): void {
    this.decision = decision;
    this.plannedMs = this.elapsedMs();
    this.overheadMs = this.plannedMs;
  }

  /** An attempt opened: its first content is here. */
  opened(
    attempt: { readonly connectMs: number | undefined; readonly firstByteMs: number | undefined; elapsedMs(): number },
    gate: OfferGate,
  ): void {
    this.gate = gate;
    const startedMs = this.elapsedMs() - attempt.elapsedMs();
    if (attempt.connectMs !== undefined) this.connectMs = startedMs + attempt.connectMs;
    this.firstByteMs = startedMs + (attempt.firstByteMs ?? attempt.elapsedMs());
  }

  /** What served broke off, and others are asked to go on with its answer. */
  brokeOff(code: ErrorCode): void {
    this.gate?.ended(code);
    this.gate = undefined;
  }

  /** Another goes on with the answer: it serves from here on. */
  goesOn(candidate: Candidate, gate: OfferGate): void {
    this.candidate = candidate;
    this.gate = gate;
  }

  allWarnings(): readonly Warning[] {
    if (this.sentWarnings.length === 0) return this.warnings;
    return this.warnings.length === 0 ? this.sentWarnings : [...this.warnings, ...this.sentWarnings];
  }

  get overhead(): number {
    return this.overheadMs;
  }

  /** The cost of a usage at the offer that served; null when its price is unknown. */
  costOf(usage: Usage | undefined): number | null {
    if (usage === undefined) return 0;
    const { costNanoUsd } = costOf(usage, this.candidate?.offer.price);
    return costNanoUsd === null ? null : costNanoUsd + this.besidesNanoUsd;
  }

  private chargeFor({ usage, costNanoUsd }: Outcome): number | null {
    if (costNanoUsd === undefined) return this.costOf(usage);
    return costNanoUsd === null ? null : costNanoUsd + this.besidesNanoUsd;
  }

  /** Writes the entry; a second call is a bug that must not become a second charge, so it does nothing. */
  settle(outcome: Outcome): void {
    if (this.settled) return;
    this.settled = true;
    this.gate?.ended(outcome.error?.code);
    if (outcome.usage !== undefined) this.gate?.used(inputTotal(outcome.usage) + outputTotal(outcome.usage));
    const end: ExchangeEnd = {
      entry: this.entryOf(outcome),
      decision: this.decision,
      error: outcome.error,
    };
    this.settleHold(end.entry, outcome.usage);
    for (const observer of this.options.observers) observer.exchangeEnded?.(end);
  }

  private settleHold(entry: Entry, usage: Usage | undefined): void {
    const { hold, candidate } = this;
    if (hold === undefined) return;
    if (usage === undefined && entry.costNanoUsd === 0) hold.release();
    else
      hold.settle({
        costNanoUsd: entry.costNanoUsd,
        usage,
        service: candidate && { offer: candidate.offer, provider: candidate.connection.provider },
      });
  }

  private entryOf(outcome: Outcome): Entry {
    const { context } = this.options;
    const { candidate, decision } = this;
    const warnings = this.allWarnings();
    // The caller does not pay for a failure of ours or of the provider; one who left has used what was made for it.
    const billed = outcome.error === undefined || outcome.error.code === 'client_gone';
    return {
      id: context.requestId,
      timeMs: context.arrivedWallMs,
      principal: context.principal.id,
      dialect: context.dialectName,
      endpoint: context.endpoint,
      stream: this.options.stream,
      status: outcome.status,
      attempts: this.attempts,
      costNanoUsd: billed ? this.chargeFor(outcome) : 0,
      timings: {
        authMs: round(context.authMs),
        planMs: round(this.plannedMs),
        connectMs: this.connectMs && round(this.connectMs),
        firstByteMs: this.firstByteMs && round(this.firstByteMs),
        totalMs: round(this.elapsedMs()),
        overheadMs: round(this.overheadMs),
      },
      requestedModel: this.options.requestedModel,
      model: candidate?.offer.canonicalId,
      providerModel: candidate?.offer.providerId,
      provider: candidate?.connection.provider,
      connection: candidate?.connection.id,
      // A cached answer went through nobody.
      layer: this.cache === 'hit' ? 'cache' : candidate?.connection.layer,
      priceVersion: candidate?.offer.priceVersion,
      errorCode: outcome.error?.code,
      usage: outcome.usage,
      finish: outcome.finish,
      decisionId: decision?.id,
      sessionId: context.sessionId,
      warnings: warnings.length === 0 ? undefined : warnings.map((warning) => `${warning.field}: ${warning.message}`),
    };
  }
}

/** Microseconds are enough, and half as long in the database. */
function round(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
