// A provider that a program or an operator brings along, beside those of the list.
import type { ProviderAdapter } from './adapter.ts';
import type { ProviderDefinition } from './provider.ts';

export interface OwnProvider {
  readonly definition: ProviderDefinition;
  /** The object that answers its calls inside the process; undefined = it is declared, and called over HTTP. */
  readonly adapter?: ProviderAdapter;
}
