// A row of the failure catalogue: what is done to the gateway, and what must hold of it beyond what the oracle asks of every call.
import type { World, WorldOptions } from './world.ts';

export interface FaultRow {
  readonly row: number;
  readonly name: string;
  readonly options?: WorldOptions;
  /** `alone` is false in a pair: then only what holds under any second fault may be claimed. */
  readonly play: (world: World, alone: boolean) => Promise<void>;
}

/** Throws the claim when it does not hold. */
export function claim(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

export const times = <Item>(count: number, make: (index: number) => Item): Item[] =>
  Array.from({ length: count }, (_, index) => make(index));
