// Ports: what the ledger asks of a database. `storage/` implements them.
import type { Entry } from './entry.ts';
import type { EntryBatch } from './entry-batch.ts';

/** A decision, kept once however many entries point to it. */
export interface DecisionRecord {
  readonly id: string;
  readonly json: string;
  readonly seenMs: number;
}

/** Whoever handed it over uses it again when it is taken care of: keep nothing of it. */
export interface Batch {
  readonly entries: EntryBatch;
  readonly decisions: readonly DecisionRecord[];
}

export interface EntryStore {
  /** One transaction: all of it or, when it throws, nothing. An entry whose id is there already is left as it is. */
  save(batch: Batch): void | Promise<void>;
  /** Puts a batch that could not be saved where `recover` finds it, also in the next process. */
  setAside(batch: Batch): void;
  /** Saves what was set aside and answers how many entries that were. */
  recover(): number | Promise<number>;
}

/** All conditions must hold; an absent one always does. */
export interface EntryFilter {
  readonly sinceMs?: number;
  /** Exclusive. */
  readonly untilMs?: number;
  readonly principal?: string;
  /** The canonical id, the provider's id or the name the caller wrote. */
  readonly model?: string;
  readonly provider?: string;
  readonly status?: number;
  readonly errorsOnly?: boolean;
  readonly sessionId?: string;
}

/** An entry as it lies in the database; `seq` grows in the order in which exchanges ended. */
export interface StoredEntry extends Entry {
  readonly seq: number;
}

export interface EntryReader {
  /** All that match, oldest arrival first, up to `lastSeq` so that a follower can go on from there without gap or repeat. */
  readEntries(filter: EntryFilter, lastSeq?: number): IterableIterator<StoredEntry>;
  /** The newest `limit` that match, oldest of them first. */
  readNewest(filter: EntryFilter, limit: number): readonly StoredEntry[];
  /** Up to `limit` that were written after `afterSeq`, in the order they were written. */
  readAfter(filter: EntryFilter, page: { readonly afterSeq: number; readonly limit: number }): readonly StoredEntry[];
  /** 0 when there is none. */
  lastSeq(): number;
  readEntry(id: string): StoredEntry | undefined;
  readDecision(id: string): string | undefined;
}

export interface RetentionStore {
  /** Deletes at most `limit` entries that arrived before the time; answers how many it deleted. */
  deleteEntriesBefore(timeMs: number, limit: number): number;
  /** The same for decisions last seen before the time. */
  deleteDecisionsBefore(timeMs: number, limit: number): number;
}
