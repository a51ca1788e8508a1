// What the configuration has to know of providers: names, addresses and the variables that enable them.
import { providers } from './index.ts';
import type { ProviderDefinition } from './provider.ts';

export type ProviderSettings = Pick<
  ProviderDefinition,
  | 'id'
  | 'name'
  | 'account'
  | 'auth'
  | 'baseUrl'
  | 'baseUrlOf'
  | 'hostedBaseUrl'
  | 'defaultPath'
  | 'basePathEnd'
  | 'basePathCut'
  | 'keyless'
  | 'layer'
  | 'openEnded'
  | 'builtIn'
  | 'templated'
  | 'env'
>;

export const providerSettings: readonly ProviderSettings[] = providers;

export { fillTemplate, templateFields } from './fill-template.ts';
export type { OwnProvider } from './own-provider.ts';
export type { AccountField } from './provider.ts';
export { type HttpTemplate, readTemplate } from '../dialects/http-template/template.ts';
