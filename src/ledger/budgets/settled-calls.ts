// Calls that are settled and not yet flushed, kept flat: their costs would outlive garbage collections as the small arrays that the
// journal is given.
import type { Settled } from './hold-journal.ts';

export class SettledCalls {
  readonly #operationIds: string[] = [];
  /** Where the costs of each call begin. */
  readonly #starts: number[] = [];
  /** Counter id, nano-USD, counter id, nano-USD … Grows and is used again. */
  #costs = new Float64Array(512);
  #end = 0;

  get size(): number {
    return this.#operationIds.length;
  }

  add(operationId: string): void {
    this.#operationIds.push(operationId);
    this.#starts.push(this.#end);
  }

  /** Of the call that was added last. */
  addCost(counterId: number, nanoUsd: number): void {
    if (this.#end + 2 > this.#costs.length) this.#grow();
    this.#costs[this.#end] = counterId;
    this.#costs[this.#end + 1] = nanoUsd;
    this.#end += 2;
  }

  toList(): Settled[] {
    return this.#operationIds.map((operationId, index) => ({ operationId, costs: this.#costsOf(index) }));
  }

  clear(): void {
    this.#operationIds.length = 0;
    this.#starts.length = 0;
    this.#end = 0;
  }

  #costsOf(index: number): [counterId: number, nanoUsd: number][] {
    const costs: [number, number][] = [];
    const end = this.#starts[index + 1] ?? this.#end;
    for (let at = this.#starts[index] ?? end; at < end; at += 2) costs.push([this.#costs[at] as number, this.#costs[at + 1] as number]);
    return costs;
  }

  #grow(): void {
    const grown = new Float64Array(this.#costs.length * 2);
    grown.set(this.#costs);
    this.#costs = grown;
  }
}
