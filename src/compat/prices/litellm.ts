// LiteLLM's `model_prices_and_context_window.json`: USD per token, second, character, image, pixel or query, all models in
// one map, under ids with and without their provider in front.
import { asObject, asString, type JsonObject, type JsonValue } from '../../core/json.ts';
import { litellmProviderOf } from './litellm-providers.ts';
import {
  createNotes,
  type ListedModality,
  type ListedModel,
  type ListedPrice,
  type ListedUnit,
  notThisFormat,
  type PriceList,
  readAmount,
  readTokens,
  toPrice,
  usdPerMillion,
  usdPerUnit,
} from './price-list.ts';

const perToken = 1e6;

const modalities: Readonly<Record<string, ListedModality>> = {
  chat: 'text',
  completion: 'text',
  responses: 'text',
  embedding: 'embedding',
  image_generation: 'image',
  image_edit: 'image',
  audio_speech: 'audio',
  audio_transcription: 'transcript',
  rerank: 'scores',
  moderation: 'scores',
};

const abilities: Readonly<Record<string, string>> = {
  supports_function_calling: 'tools',
  supports_vision: 'images',
  supports_audio_input: 'audio',
  supports_video_input: 'video',
  supports_pdf_input: 'files',
  supports_response_schema: 'structured_output',
  supports_reasoning: 'reasoning',
  supports_prompt_caching: 'prompt_cache',
};

/** Entries that describe the file and no model. */
const noModels: ReadonlySet<string> = new Set(['sample_spec', 'fallback_generalizations']);

export function readLitellm(value: JsonValue, file: string): PriceList {
  const entries = Object.entries(asObject(value) ?? {});
  if (!entries.some(([, model]) => asString(asObject(model)?.litellm_provider) !== undefined)) {
    throw notThisFormat('litellm', file, '{"gpt-4o": {"litellm_provider": "openai", "input_cost_per_token": …}}, one entry for each model');
  }
  const notes = createNotes();
  const gathered: Gathered = { models: new Map(), whole: new Set() };
  for (const [key, entry] of entries) {
    if (noModels.has(key)) continue;
    const model = asObject(entry) ?? {};
    const place = litellmProviderOf(key, asString(model.litellm_provider) ?? '');
    const mode = asString(model.mode) ?? 'chat';
    const modality = Object.hasOwn(modalities, mode) ? modalities[mode] : undefined;
    if (place === undefined) notes.skip(`models of ${asString(model.litellm_provider) ?? 'nobody'}: no provider of ours`);
    else if (modality === undefined) notes.skip(`mode ${mode}`);
    else if (regional.test(place.id)) notes.skip('prices of one region');
    else addModel(gathered, { ...place, modality, model, skip: notes.skip });
  }
  return { source: 'litellm', models: [...gathered.models.values()], notes: notes.lines() };
}

/** `eu/gpt-4o` at Azure, `us-east-1/anthropic.claude-…` at Bedrock: no ids that a provider would know. */
const regional = /^(?:[a-z]{2}(?:-[a-z]+)+-\d|eu|us|global|global-standard|\*)\//;

interface Found {
  readonly provider: string;
  /** Without LiteLLM's provider prefix; with `hd/1024-x-1792/` still in front. */
  readonly id: string;
  readonly modality: ListedModality;
  readonly model: JsonObject;
  readonly skip: (reason: string) => void;
}

interface Gathered {
  readonly models: Map<string, ListedModel>;
  /** Models whose own entry was seen, as opposed to those of their variants. */
  readonly whole: Set<string>;
}

/** `dall-e-3`, `hd/1024-x-1792/dall-e-3`, … in any order: one model with a price for each variant. */
function addModel({ models, whole }: Gathered, found: Found): void {
  const { id, variant, pixels } = splitVariant(found.id);
  const key = `${found.provider}/${id}`;
  if (variant === undefined) {
    if (whole.has(key)) {
      found.skip('listed twice');
      return;
    }
    whole.add(key);
  }
  const known = models.get(key);
  const own = toPriceOf(found, variant, pixels);
  // The tokens are told by the model's own entry; a variant's entry may repeat them.
  const tokens = variant === undefined ? own : { ...own, ...known?.price };
  const price = toPrice({ ...tokens, units: [...(known?.price?.units ?? []), ...(own?.units ?? [])] });
  const context = readTokens(found.model.max_input_tokens);
  const maxOutput = readTokens(found.model.max_output_tokens);
  models.set(key, {
    provider: found.provider,
    id,
    modality: found.modality,
    supports: Object.entries(abilities).flatMap(([flag, ability]) => (found.model[flag] === true ? [ability] : [])),
    ...(price !== undefined && { price }),
    ...(context !== undefined && { context }),
    ...(maxOutput !== undefined && { maxOutput }),
  });
}

/** `hd/1024-x-1792/dall-e-3` → dall-e-3, `1024x1792/hd`. */
function splitVariant(key: string): { readonly id: string; readonly variant?: string; readonly pixels?: number } {
  const match = /^(?:([a-z]+)\/)?(\d{2,5})-x-(\d{2,5})\/(.+)$/.exec(key);
  if (match === null) return { id: key };
  const [, quality, width = '', height = '', id = ''] = match;
  const size = `${width}x${height}`;
  return { id, variant: quality === undefined ? size : `${size}/${quality}`, pixels: Number(width) * Number(height) };
}

function toPriceOf({ model, modality }: Found, variant: string | undefined, pixels: number | undefined): ListedPrice | undefined {
  const unit = unitOf(model, modality, pixels);
  const units: readonly ListedUnit[] = unit === undefined ? [] : [{ ...unit, ...(variant !== undefined && { variant }) }];
  return toPrice({
    ...classesOf(model, ''),
    cache_write_1h: usdPerMillion(model.cache_creation_input_token_cost_above_1hr, perToken),
    input_audio: usdPerMillion(model.input_cost_per_audio_token, perToken),
    output_audio: usdPerMillion(model.output_cost_per_audio_token, perToken),
    input_image: usdPerMillion(model.input_cost_per_image_token, perToken),
    output_image: usdPerMillion(model.output_cost_per_image_token, perToken),
    above: tierOf(model),
    units,
  });
}

function classesOf(model: JsonObject, suffix: string): Parameters<typeof toPrice>[0] {
  return {
    input: usdPerMillion(model[`input_cost_per_token${suffix}`], perToken),
    output: usdPerMillion(model[`output_cost_per_token${suffix}`], perToken),
    cached_input: usdPerMillion(model[`cache_read_input_token_cost${suffix}`], perToken),
    cache_write: usdPerMillion(model[`cache_creation_input_token_cost${suffix}`], perToken),
  };
}

/** `input_cost_per_token_above_200k_tokens`; the lowest threshold is the one a prompt meets first. */
function tierOf(model: JsonObject): ListedPrice['above'] {
  let lowest: number | undefined;
  for (const key of Object.keys(model)) {
    const thousands = /^input_cost_per_token_above_(\d{2,4})k_tokens$/.exec(key)?.[1];
    if (thousands !== undefined && (lowest === undefined || Number(thousands) < lowest)) lowest = Number(thousands);
  }
  if (lowest === undefined) return undefined;
  const tier = toPrice(classesOf(model, `_above_${lowest}k_tokens`));
  return tier === undefined ? undefined : { input_tokens: lowest * 1_000, ...tier };
}

function unitOf(model: JsonObject, modality: ListedModality, pixels: number | undefined): ListedUnit | undefined {
  if (modality === 'image') return toUnit('image', imageUsd(model, pixels));
  // Input and output both name the price of the recording: it is charged once.
  if (modality === 'transcript')
    return toUnit('second', usdPerUnit(model.input_cost_per_second) ?? usdPerUnit(model.output_cost_per_second));
  if (modality === 'audio') return toUnit('character', usdPerUnit(model.input_cost_per_character));
  if (modality === 'scores') return toUnit('search', usdPerUnit(model.input_cost_per_query));
  return undefined;
}

function imageUsd(model: JsonObject, pixels: number | undefined): number | undefined {
  const perImage = usdPerUnit(model.output_cost_per_image) ?? usdPerUnit(model.input_cost_per_image);
  if (perImage !== undefined || pixels === undefined) return perImage;
  const perPixel = readAmount(model.input_cost_per_pixel) ?? readAmount(model.output_cost_per_pixel);
  // 3.81469e-8 a pixel means 4 cents for 1024 × 1024: the list's own rounding goes.
  return perPixel === undefined ? undefined : Math.round(perPixel * pixels * 1e4) / 1e4;
}

function toUnit(unit: ListedUnit['unit'], usd: number | undefined): ListedUnit | undefined {
  return usd === undefined ? undefined : { unit, usd };
}
