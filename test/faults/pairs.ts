// Two rows of the failure catalogue at once: all pairs, or those that a run asks for, so that a long run can be cut into pieces.
import type { FaultRow } from './row.ts';

export interface FaultPair {
  readonly rows: string;
  readonly faults: readonly [FaultRow, FaultRow];
}

export interface PairWish {
  /** Names of pairs with commas between them. */
  readonly only?: string | undefined;
  /** The first of those that are played. */
  readonly from?: string | undefined;
}

/** Throws on a name that no pair has: a run that plays nothing would look like one in which all went well. */
export function choosePairs(rows: readonly FaultRow[], { only, from }: PairWish): readonly FaultPair[] {
  const all = rows.flatMap((one, index) =>
    rows.slice(index + 1).map((two): FaultPair => ({ rows: `${one.row}+${two.row}`, faults: [one, two] })),
  );
  const names = all.map((pair) => pair.rows);
  const wanted = only?.split(',') ?? names;
  for (const name of [...wanted, ...(from === undefined ? [] : [from])]) {
    if (!names.includes(name)) throw new Error(`there is no pair ${name}; pairs are named from ${names[0]} to ${names.at(-1)}`);
  }
  const first = from === undefined ? 0 : names.indexOf(from);
  return all.slice(first).filter((pair) => wanted.includes(pair.rows));
}
