// Dollars for reading: plain decimals, never 3e-5.

/** Up to twelve decimals, without the zeros at the end. */
export function formatUsd(usd: number): string {
  const text = usd.toFixed(12);
  return text.replace(/\.?0+$/, '');
}
