// What the configuration has to know of providers: names, addresses and the variables that enable them.
import { providers } from './index.ts';
import type { ProviderDefinition } from './provider.ts';

export type ProviderSettings = Pick<
  ProviderDefinition,
  'id' | 'name' | 'baseUrl' | 'hostedBaseUrl' | 'defaultPath' | 'basePathEnd' | 'keyless' | 'builtIn' | 'env'
>;

export const providerSettings: readonly ProviderSettings[] = providers;
