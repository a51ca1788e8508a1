// A file of Portkey's models repository (`pricing/openai.json`): US cents per token, per image and per unit. The file does not
// say whose prices they are; its name does.
import { asObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import {
  createNotes,
  type ListedModel,
  type ListedUnit,
  notThisFormat,
  type PriceList,
  toPrice,
  usdPerMillion,
  usdPerUnit,
} from './price-list.ts';

/** Cents per token → USD per million. */
const centsPerToken = 1e4;
const cents = 0.01;

const providerIds: Readonly<Record<string, string>> = {
  anthropic: 'anthropic',
  'azure-openai': 'azure',
  bedrock: 'bedrock',
  cerebras: 'cerebras',
  cohere: 'cohere',
  deepinfra: 'deepinfra',
  deepseek: 'deepseek',
  'fal-ai': 'fal',
  fireworks: 'fireworks',
  'fireworks-ai': 'fireworks',
  google: 'google',
  groq: 'groq',
  'mistral-ai': 'mistral',
  'novita-ai': 'novita',
  openai: 'openai',
  openrouter: 'openrouter',
  'perplexity-ai': 'perplexity',
  sambanova: 'sambanova',
  'together-ai': 'together',
  'vertex-ai': 'vertex',
  'x-ai': 'xai',
};

/** Keys that stand among the models and are none. */
const noModels: ReadonlySet<string> = new Set(['default', 'name', 'description']);

/** `https://…/pricing/x-ai.json` → `xai`; undefined = the name is none of Portkey's. */
export function portkeyProviderOf(file: string): string | undefined {
  const name =
    file
      .split(/[/\\]/)
      .at(-1)
      ?.replace(/\.json$/i, '') ?? '';
  return Object.hasOwn(providerIds, name) ? providerIds[name] : undefined;
}

export function readPortkey(value: JsonValue, file: string, provider: string): PriceList {
  const entries = Object.entries(asObject(value) ?? {});
  if (!entries.some(([, model]) => asObject(asObject(model)?.pricing_config) !== undefined)) {
    throw notThisFormat('portkey', file, '{"gpt-4o": {"pricing_config": {"pay_as_you_go": {…}}}}');
  }
  const notes = createNotes();
  const models: ListedModel[] = [];
  for (const [id, entry] of entries) {
    const config = asObject(asObject(entry)?.pricing_config);
    if (noModels.has(id)) continue;
    if (config === undefined) notes.skip('no pricing_config');
    else if (config.currency !== undefined && config.currency !== 'USD') notes.skip('not in USD');
    else models.push(toModel(provider, id, asObject(config.pay_as_you_go) ?? {}));
  }
  return { source: 'portkey', models, notes: notes.lines() };
}

function toModel(provider: string, id: string, pricing: JsonObject): ListedModel {
  const per = (key: string): number | undefined => usdPerMillion(priceOf(pricing[key]), centsPerToken);
  const units = imageUnits(asObject(pricing.image) ?? {});
  // Whisper's "audio token" is a minute: read as tokens it would be wrong by a factor of millions.
  const audio = !/whisper/i.test(id);
  const price = toPrice({
    input: per('request_token'),
    output: per('response_token'),
    cached_input: per('cache_read_input_token'),
    cache_write: per('cache_write_input_token'),
    input_audio: audio ? per('request_audio_token') : undefined,
    output_audio: audio ? per('response_audio_token') : undefined,
    units,
  });
  const makesImages = units.length > 0 && price?.output === undefined;
  return {
    provider,
    id,
    modality: makesImages ? 'image' : /embed/i.test(id) ? 'embedding' : 'text',
    supports: [],
    ...(price !== undefined && { price }),
  };
}

/** `{standard: {"1024x1024": {price}}}`: cents for an image. */
function imageUnits(image: JsonObject): ListedUnit[] {
  const units: ListedUnit[] = [];
  for (const [quality, sizes] of Object.entries(image)) {
    for (const [size, entry] of Object.entries(asObject(sizes) ?? {})) {
      const usd = usdPerUnit(priceOf(entry), cents);
      const variant = [size, quality].filter((part) => part !== 'default').join('/');
      if (usd !== undefined) units.push({ unit: 'image', usd, ...(variant !== '' && { variant }) });
    }
  }
  return units;
}

function priceOf(entry: JsonValue | undefined): JsonValue | undefined {
  return asObject(entry)?.price;
}
