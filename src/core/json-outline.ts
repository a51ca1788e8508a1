// Where the members of a JSON object lie in its bytes, so that a body can be edited by splicing instead of parse + stringify.

export type JsonKind = 'string' | 'number' | 'object' | 'array' | 'boolean' | 'null';

/** Byte offsets; `end` is exclusive. `keyStart` is at the opening quote of the key. */
export interface Member {
  readonly key: string;
  readonly keyStart: number;
  readonly valueStart: number;
  readonly valueEnd: number;
  readonly kind: JsonKind;
}

/** The top-level object of a body. */
export interface Outline {
  readonly bytes: Buffer;
  /** Offset of the opening brace and one past the closing one. */
  readonly start: number;
  readonly end: number;
  /** In order of appearance; of repeated keys the last one counts, as in JSON.parse. */
  readonly members: readonly Member[];
}
