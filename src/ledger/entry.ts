// One line of the ledger: exactly one per operation, written once, when the exchange has ended.
import type { AttemptRecord } from '../canonical/attempt-record.ts';
import type { Usage } from '../canonical/usage.ts';

export type { AttemptRecord };

/** Milliseconds from the arrival of the request. */
export interface StageTimings {
  readonly authMs: number;
  readonly planMs: number;
  readonly connectMs?: number | undefined;
  readonly firstByteMs?: number | undefined;
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
  readonly requestedModel?: string | undefined;
  /** Canonical id of the offer that served (or was tried last). */
  readonly model?: string | undefined;
  readonly providerModel?: string | undefined;
  readonly provider?: string | undefined;
  readonly connection?: string | undefined;
  readonly layer?: string | undefined;
  readonly stream: boolean;
  /** HTTP status the client saw; 499 when it left before one. */
  readonly status: number;
  readonly errorCode?: string | undefined;
  readonly attempts: readonly AttemptRecord[];
  readonly usage?: Usage | undefined;
  /** null = the price is unknown (`priced: false`), never 0 for that. */
  readonly costNanoUsd: number | null;
  readonly priceVersion?: string | undefined;
  readonly decisionId?: string | undefined;
  readonly warnings?: readonly string[] | undefined;
  readonly finish?: string | undefined;
  readonly sessionId?: string | undefined;
  readonly timings: StageTimings;
}
