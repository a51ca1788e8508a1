// One of the price lists people keep → ours. Pure: the caller has read the file.
import { GatewayError } from '../../core/errors.ts';
import { tryParseJson } from '../../core/json.ts';
import { readLitellm } from './litellm.ts';
import { readModelsDev } from './models-dev.ts';
import { readOpenRouter } from './openrouter.ts';
import { portkeyProviderOf, readPortkey } from './portkey.ts';
import type { PriceList, PriceSource } from './price-list.ts';

export interface PriceListFile {
  readonly source: PriceSource;
  /** Path or address, for messages; Portkey's also says whose prices they are. */
  readonly name: string;
  readonly text: string;
  /** Whose prices they are, where neither the file nor its name says so. */
  readonly provider?: string;
}

/** Throws `invalid_request` that says what was expected of a file that is something else. */
export function readPriceList({ source, name, text, provider }: PriceListFile): PriceList {
  const value = tryParseJson(text);
  if (value === undefined) throw new GatewayError('invalid_request', `${name} is not JSON: a price list of ${source} was expected`);
  switch (source) {
    case 'openrouter':
      return readOpenRouter(value, name);
    case 'litellm':
      return readLitellm(value, name);
    case 'models.dev':
      return readModelsDev(value, name);
    case 'portkey': {
      const owner = provider ?? portkeyProviderOf(name);
      if (owner === undefined) {
        throw new GatewayError(
          'invalid_request',
          `${name}: Portkey keeps a file for each provider and names it after it (openai.json); say whose prices these are with --provider`,
        );
      }
      return readPortkey(value, name, owner);
    }
  }
}
