// Port: where a reservation is written down before its call goes upstream. Plain appends: a database transaction for each call
// costs 40 µs, an append 2 (measured 2026-11, docs/decisions/0012-leased-budgets.md).

/** Counter id → nano-USD. */
export type Amounts = readonly (readonly [counterId: number, nanoUsd: number])[];

export type JournalRecord =
  | { readonly kind: 'opened'; readonly operation: OpenHold }
  /** Written before the flush of that number goes to the database. */
  | { readonly kind: 'flush'; readonly number: number; readonly settled: readonly Settled[] };

/** A call under way, with all that its closing after a crash needs. */
export interface OpenHold {
  readonly operationId: string;
  readonly principal: string;
  readonly model: string;
  readonly provider: string;
  readonly openedMs: number;
  readonly amounts: Amounts;
}

export interface Settled {
  readonly operationId: string;
  readonly costs: Amounts;
}

export interface HoldJournal {
  /** Throws when the record could not be written. */
  opened(hold: OpenHold): void;
  flush(number: number, settled: readonly Settled[]): void;
  /** Forgets what came before: `open` are the calls still under way. */
  compact(open: Iterable<OpenHold>): void;
  /** Bytes since the last compaction. */
  size(): number;
  /** Deletes the journal of this process. */
  remove(): void;
}

export interface HoldJournals {
  create(processId: string): HoldJournal;
  /** In the order of writing; a line cut short by the crash is left out. Empty when there is no journal. */
  read(processId: string): readonly JournalRecord[];
  remove(processId: string): void;
}
