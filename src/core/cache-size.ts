/** Options of an LRU cache of so many entries that takes memory as it fills: its own `max` reserves every place at once, 28 bytes each. */
export function upTo(entries: number): { readonly maxSize: number; readonly sizeCalculation: () => number } {
  return { maxSize: entries, sizeCalculation: one };
}

const one = (): number => 1;
