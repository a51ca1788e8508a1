// The operator's own providers as the configuration sees them: loaded, or with what is wrong with them.
import type { OwnProvider } from '../providers/config.ts';

export type OwnProviders = ReadonlyMap<string, OwnProvider | { readonly wrong: string }>;

export function usableProviders(own: OwnProviders | undefined): ReadonlyMap<string, OwnProvider> {
  return new Map([...(own ?? [])].flatMap(([id, provider]) => ('wrong' in provider ? [] : [[id, provider]])));
}
