// Port: where the audit log lies.

export interface AuditLine {
  /** From 1, without gaps. */
  readonly seq: number;
  readonly timeMs: number;
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  /** JSON text, as it was sealed. */
  readonly detail: string;
  readonly hash: string;
}

export interface AuditStore {
  /** One transaction: reads the last line's seal, writes the next line and notes it as the head. */
  append(make: (seq: number, previousHash: string) => AuditLine): void;
  /** Oldest first. */
  readAfter(seq: number, limit: number): readonly AuditLine[];
  /** Newest first. */
  readBefore(seq: number, limit: number): readonly AuditLine[];
  /** The last line as noted apart from the log. */
  readHead(): { readonly seq: number; readonly hash: string } | undefined;
}
