// One grammar, many vendors' models behind it: what each family takes beyond the common part.
import type { EncodeTarget } from '../dialect.ts';

export type ModelFamily = 'claude' | 'nova' | 'mistral' | 'gpt-oss' | 'other';

/** The vendor stands in the id: `anthropic.…`, `eu.anthropic.…`, `arn:aws:bedrock:…:inference-profile/us.anthropic.…`. */
export function familyOf({ model, traits }: EncodeTarget): ModelFamily {
  if (/\banthropic\./.test(model) || /claude/.test(model)) return 'claude';
  if (/\bamazon\.nova/.test(model)) return 'nova';
  if (/\bmistral\./.test(model)) return 'mistral';
  if (/\bopenai\.gpt-oss/.test(model)) return 'gpt-oss';
  // An application profile's id says nothing; the catalog may.
  return traits.has('adaptive-thinking') || traits.has('thinking-budget') ? 'claude' : 'other';
}

/** Families that can be made to call a tool, one of any or a certain one. Others refuse the request. */
export function takesToolChoice(family: ModelFamily): { readonly any: boolean; readonly named: boolean } {
  switch (family) {
    case 'claude':
    case 'nova':
      return { any: true, named: true };
    case 'mistral':
      return { any: true, named: false };
    default:
      return { any: false, named: false };
  }
}

/** Families that know `cachePoint`; others refuse the request. Nova has none among its tools. */
export function takesCachePoints(family: ModelFamily): { readonly content: boolean; readonly tools: boolean } {
  return { content: family === 'claude' || family === 'nova', tools: family === 'claude' };
}
