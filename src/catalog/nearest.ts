// Which known names look like a mistyped one. Runs on misses only.
import { compareText, normalizeName } from './name-index.ts';

/** Names that share nothing with the asked one are worse than no suggestion. */
const maxRelativeDistance = 0.6;
const maxComparedLength = 64;

/**
 * The nearest names, best first. The distance is the number of edits, with a discount for names that contain the asked one
 * (`gpt-4o` → `openai/gpt-4o`) or are contained in it.
 */
export function nearestNames(name: string, known: readonly string[], limit: number): readonly string[] {
  const asked = normalizeName(name.slice(0, 4 * maxComparedLength)).slice(0, maxComparedLength);
  if (asked.length === 0) return [];
  const scored: { readonly name: string; readonly distance: number }[] = [];
  for (const candidate of known) {
    const distance = relativeDistance(asked, candidate.toLowerCase().slice(0, maxComparedLength));
    if (distance <= maxRelativeDistance) scored.push({ name: candidate, distance });
  }
  scored.sort((one, other) => one.distance - other.distance || one.name.length - other.name.length || compareText(one.name, other.name));
  return scored.slice(0, limit).map((entry) => entry.name);
}

function relativeDistance(asked: string, candidate: string): number {
  const longer = Math.max(asked.length, candidate.length);
  const shorter = Math.min(asked.length, candidate.length);
  if (shorter >= 4 && (candidate.includes(asked) || asked.includes(candidate))) return ((longer - shorter) / longer) * 0.5;
  // The difference of the lengths alone is already too much.
  if (longer - shorter > longer * maxRelativeDistance) return 1;
  return editDistance(asked, candidate) / longer;
}

/** Insertions, deletions, substitutions and swaps of neighbours. */
export function editDistance(one: string, other: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, i) => i);
  for (let i = 1; i <= one.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const same = one[i - 1] === other[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      if (swapped) cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[other.length] ?? 0;
}
