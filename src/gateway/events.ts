// What the gateway tells whoever observes it. No branch of an exchange logs or counts: observers do, from these events.
import type { Decision } from '../brain/decision.ts';
import type { AttemptRecord } from '../canonical/attempt-record.ts';
import type { GatewayError } from '../core/errors.ts';
import type { Entry } from '../ledger/entry.ts';

export interface ExchangeEnd {
  readonly entry: Entry;
  readonly decision?: Decision | undefined;
  /** With its cause, which is for the log only. */
  readonly error?: GatewayError | undefined;
}

export interface Observer {
  exchangeStarted?(): void;
  /** One upstream call is over; the exchange it belongs to goes on or ends. */
  attemptEnded?(record: AttemptRecord, exchangeId: string): void;
  exchangeEnded?(end: ExchangeEnd): void;
  /** A choice that was asked for by itself, without an exchange. */
  decisionMade?(decision: Decision): void;
}
