// Port: where results wait for the same request to come again.

export interface StoredResult {
  readonly status: number;
  /** Name, value, name, value … */
  readonly headers: readonly string[];
  readonly body: Buffer;
  /** The body is a recorded stream. */
  readonly isStream: boolean;
}

export interface ResultKey {
  readonly principalId: string;
  readonly key: string;
}

export interface KeptResult {
  readonly bodyHash: string;
  readonly storedMs: number;
  /** undefined: the answer was too large to keep; only that it was given is known. */
  readonly result?: StoredResult;
}

export interface ResultStore {
  find(key: ResultKey): KeptResult | undefined;
  save(key: ResultKey, kept: KeptResult): void;
  /** Forgets what was stored before the time, then the oldest until no more than `maxBytes` are kept. */
  prune(beforeMs: number, maxBytes: number): void;
}
