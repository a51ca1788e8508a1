// One line of the ledger: exactly one per operation, written once, when the exchange has ended.
import type { AttemptRecord } from '../canonical/attempt-record.ts';
import type { Usage } from '../canonical/usage.ts';

export type { AttemptRecord };

/** Milliseconds from the arrival of the request. */
export interface StageTimings {
  readonly authMs: number;
  readonly planMs: number;
  readonly connectMs?: number;
  readonly firstByteMs?: number;
  readonly totalMs: number;
  /** What the gateway itself added before the first upstream byte was asked for. */
  readonly overheadMs: number;
}

export interface Entry {
  /** The operation's id = the request id the caller saw. */
  readonly id: string;
  /** Arrival, epoch milliseconds. */
  readonly timeMs: number;
  /** `key:<id>`, `open` (no keys configured) or `admin`. */
  readonly principal: string;
  readonly dialect: string;
  readonly endpoint: string;
  readonly requestedModel?: string;
  /** Canonical id of the offer that served (or was tried last). */
  readonly model?: string;
  readonly providerModel?: string;
  readonly provider?: string;
  readonly connection?: string;
  readonly layer?: string;
  readonly stream: boolean;
  /** HTTP status the client saw; 499 when it left before one. */
  readonly status: number;
  readonly errorCode?: string;
  readonly attempts: readonly AttemptRecord[];
  readonly usage?: Usage;
  /** null = the price is unknown (`priced: false`), never 0 for that. */
  readonly costNanoUsd: number | null;
  readonly priceVersion?: string;
  readonly decisionId?: string;
  readonly warnings?: readonly string[];
  readonly finish?: string;
  readonly sessionId?: string;
  readonly timings: StageTimings;
}
