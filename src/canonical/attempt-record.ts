// What is kept of one upstream call. Routing makes it, the ledger stores it with the entry.

export interface AttemptRecord {
  readonly provider: string;
  readonly connection: string;
  /** Provider id of the offer: `openai/gpt-4o`. */
  readonly model: string;
  /** HTTP status of the upstream; undefined when none came. */
  readonly status?: number | undefined;
  readonly errorCode?: string | undefined;
  /** Milliseconds from the start of the attempt. */
  readonly connectMs?: number | undefined;
  readonly firstByteMs?: number | undefined;
  readonly totalMs: number;
  /** What this attempt itself cost, when it was not the one that served but was billed. */
  readonly costNanoUsd?: number;
  /** It was sent to go on with an answer that another attempt had begun. */
  readonly continues?: true;
}
