// What a call consumed, in disjoint classes, so that each token is priced exactly once.

/**
 * Token classes. `input + cachedInput + cacheWrite` is all input; `output + reasoning` is all output.
 * `cacheWrite1h` is the part of `cacheWrite` that was written for an hour (it has its own price).
 */
export interface Usage {
  readonly input: number;
  readonly cachedInput: number;
  readonly cacheWrite: number;
  readonly cacheWrite1h: number;
  readonly output: number;
  readonly reasoning: number;
  /** `upstream`: the provider said so; `estimated`: counted by us because it said nothing. */
  readonly source: 'upstream' | 'estimated';
  /** What was impossible in the provider's numbers and how it was mended, for example "reasoning > output". */
  readonly anomaly?: string | undefined;
  /** The provider's own cost for the call, where it tells one (OpenRouter, xAI, Perplexity). */
  readonly providerCostNanoUsd?: number | undefined;
  /** The tokens that are paid for, where the provider bills fewer than it counts (Cohere's hidden preamble is free). Prices apply to these. */
  readonly billed?: { readonly input: number; readonly output: number };
  /** How much of `input` and `output` was no text, where the provider tells and prices it apart. */
  readonly parts?: UsageParts;
  /** What is not counted in tokens: images, seconds of audio, characters of speech … Absent where tokens say it all. */
  readonly units?: readonly UsageUnit[];
}

/** Tokens that are already in `input` or `output`, never besides them. */
export interface UsageParts {
  readonly inputAudio?: number;
  readonly inputImage?: number;
  readonly outputAudio?: number;
  readonly outputImage?: number;
}

/** The member of a usage for parts that were told; nothing where all of it was text. */
export function partsMember(parts: { readonly [key in keyof UsageParts]: number | undefined }): Pick<Usage, 'parts'> {
  const told = Object.entries(parts).filter(([, tokens]) => tokens !== undefined && tokens > 0);
  return told.length === 0 ? {} : { parts: Object.fromEntries(told) };
}

/** What a provider counts besides tokens. */
export type UnitKind = 'image' | 'second' | 'character' | 'page' | 'request' | 'search';

export interface UsageUnit {
  readonly unit: UnitKind;
  /** Whole numbers, but for seconds. */
  readonly count: number;
  /** What the price depends on, `1024x1024/high` for an image; absent where there is one price. */
  readonly variant?: string;
}

export const noUsage: Usage = { input: 0, cachedInput: 0, cacheWrite: 0, cacheWrite1h: 0, output: 0, reasoning: 0, source: 'upstream' };

/** Totals as providers report them: the input total includes cache reads and writes, the output total includes reasoning. */
export interface UsageTotals {
  readonly inputTotal: number;
  readonly cachedInput?: number;
  readonly cacheWrite?: number;
  readonly cacheWrite1h?: number;
  readonly outputTotal: number;
  readonly reasoning?: number;
  readonly providerCostNanoUsd?: number | undefined;
}

/** Totals → disjoint classes. Impossible numbers are clamped and named in `anomaly`, never made negative. */
export function usageFromTotals(totals: UsageTotals): Usage {
  const inputTotal = count(totals.inputTotal);
  const outputTotal = count(totals.outputTotal);
  const cachedInput = Math.min(count(totals.cachedInput), inputTotal);
  const cacheWrite = Math.min(count(totals.cacheWrite), inputTotal - cachedInput);
  const reasoning = Math.min(count(totals.reasoning), outputTotal);

  return {
    input: inputTotal - cachedInput - cacheWrite,
    cachedInput,
    cacheWrite,
    cacheWrite1h: Math.min(count(totals.cacheWrite1h), cacheWrite),
    output: outputTotal - reasoning,
    reasoning,
    source: 'upstream',
    anomaly: findAnomaly(totals),
    providerCostNanoUsd: totals.providerCostNanoUsd,
  };
}

function findAnomaly(totals: UsageTotals): string | undefined {
  const inputTotal = count(totals.inputTotal);
  const cachedInput = count(totals.cachedInput);
  let anomaly: string | undefined;
  const note = (what: string): void => {
    anomaly = anomaly === undefined ? what : `${anomaly}, ${what}`;
  };
  if (hasImpossible(totals)) note('impossible count');
  if (cachedInput > inputTotal) note('cached > input');
  if (count(totals.cacheWrite) > inputTotal - Math.min(cachedInput, inputTotal)) note('cache writes > input');
  if (count(totals.reasoning) > count(totals.outputTotal)) note('reasoning > output');
  return anomaly;
}

function hasImpossible(totals: UsageTotals): boolean {
  return (
    isImpossible(totals.inputTotal) ||
    isImpossible(totals.cachedInput) ||
    isImpossible(totals.cacheWrite) ||
    isImpossible(totals.cacheWrite1h) ||
    isImpossible(totals.outputTotal) ||
    isImpossible(totals.reasoning)
  );
}

export const inputTotal = (usage: Usage): number => usage.input + usage.cachedInput + usage.cacheWrite;
export const outputTotal = (usage: Usage): number => usage.output + usage.reasoning;

/** A thousand times the largest context window: who tells more has not counted. Taken as told, it would empty a budget. */
const mostTokens = 10 ** 9;

/** Not a count at all, so it is taken as none. */
function isImpossible(value: number | undefined): boolean {
  return value !== undefined && (!Number.isFinite(value) || value < 0 || value > mostTokens);
}

function count(value: number | undefined): number {
  return value === undefined || isImpossible(value) ? 0 : Math.floor(value);
}
