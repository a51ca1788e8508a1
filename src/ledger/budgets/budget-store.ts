// Port: what budgets ask of a database. Every method is one transaction.

/** One holder's spending under one budget in one period. */
export interface CounterKey {
  readonly budgetId: string;
  readonly holder: string;
  readonly periodMs: number;
}

export interface CounterRow {
  readonly id: number;
  readonly spentNanoUsd: number;
  /** Leased by all processes together. */
  readonly reservedNanoUsd: number;
  readonly unpricedCalls: number;
  /** The highest threshold told so far. */
  readonly alertedPercent: number;
}

export interface LeaseWish extends CounterKey {
  /** Periods from here on count towards the limit. */
  readonly sinceMs: number;
  /** What the call needs beyond what the process has. */
  readonly leastNanoUsd: number;
  /** What the process would like, to spare the next calls the way to the database. */
  readonly wantNanoUsd: number;
  readonly limitNanoUsd: number;
}

/** All that counts against the limit at the moment of the question. */
export interface WindowSum {
  readonly spentNanoUsd: number;
  readonly reservedNanoUsd: number;
  readonly unpricedCalls: number;
  /** Start of the oldest period with spending in it. */
  readonly oldestMs: number | undefined;
}

export interface LeaseGrant {
  readonly counter: CounterRow;
  readonly grantedNanoUsd: number;
  /** Sum of the window with the grant in it. */
  readonly window: WindowSum;
}

export type LeaseAnswer =
  /** In the order of the wishes. */
  | { readonly kind: 'granted'; readonly grants: readonly LeaseGrant[] }
  /** Nothing was granted: `index` is the wish that does not fit. */
  | { readonly kind: 'refused'; readonly index: number; readonly window: WindowSum }
  /** Others closed this process as dead and took its leases back. */
  | { readonly kind: 'lost' };

export interface CounterChange {
  readonly counterId: number;
  readonly spentNanoUsd: number;
  /** Change of the lease; negative = given back. */
  readonly leasedNanoUsd: number;
  readonly unpricedCalls: number;
  readonly alertedPercent: number;
}

export interface ProcessState {
  readonly id: string;
  /** Number of the last flush that reached the database; each sign of life is one. */
  readonly flushes: number;
}

export interface BudgetStore {
  /** The process's row; without it its leases would belong to nobody after a crash. */
  openProcess(id: string): void;
  /** All wishes or none, each in one statement that compares and adds. Creates counters that are missing. */
  lease(processId: string, wishes: readonly LeaseWish[]): LeaseAnswer;
  /** Books what was spent and leased or given back; false = the process's row is gone, nothing was booked. */
  flush(process: ProcessState, changes: readonly CounterChange[]): boolean;
  /** The counter, created when it is missing, and the sum of its window. */
  openCounter(key: CounterKey, sinceMs: number): { readonly counter: CounterRow; readonly window: WindowSum };
  readWindow(key: Omit<CounterKey, 'periodMs'>, sinceMs: number): WindowSum;
  /** Living and dead. */
  listProcesses(): readonly ProcessState[];
  /** Books the closing amounts, gives back all leases of the process and forgets it; false = another process did so already. */
  closeProcess(id: string, spent: ReadonlyMap<number, number>): boolean;
  /** Forgets counters of periods that ended before the time. */
  deletePeriodsBefore(timeMs: number, limit: number): number;
}
