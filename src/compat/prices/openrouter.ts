// OpenRouter's list of models (`GET /api/v1/models`): USD per token, as strings. "-1" stands for a price that depends on
// where the call is routed, "0" outside `:free` for one that nobody entered.
import { asArray, asObject, asString, type JsonObject, type JsonValue } from '../../core/json.ts';
import {
  createNotes,
  type ListedModality,
  type ListedModel,
  notThisFormat,
  type PriceList,
  readAmount,
  readTokens,
  toPrice,
  usdPerMillion,
} from './price-list.ts';

const perToken = 1e6;

const abilities: Readonly<Record<string, string>> = {
  tools: 'tools',
  structured_outputs: 'structured_output',
  response_format: 'json_mode',
  reasoning: 'reasoning',
};

export function readOpenRouter(value: JsonValue, file: string): PriceList {
  const list = asArray(asObject(value)?.data);
  if (list === undefined) throw notThisFormat('openrouter', file, '{"data": [{"id": …, "pricing": {…}}]}, as /api/v1/models answers');
  const notes = createNotes();
  const models = new Map<string, ListedModel>();
  for (const item of list) {
    const model = asObject(item);
    const id = asString(model?.id);
    if (model === undefined || id === undefined) notes.skip('no id');
    // The same model for nothing, with limits: the catalog passes `:free` on by itself.
    else if (id.endsWith(':free')) notes.skip('served free, with limits (:free)');
    else if (models.has(id)) notes.skip('listed twice');
    else models.set(id, toModel(id, model));
  }
  if (list.length > 0 && models.size === 0 && !list.some((item) => asObject(item)?.pricing !== undefined)) {
    throw notThisFormat('openrouter', file, 'models with `id` and `pricing`');
  }
  return { source: 'openrouter', models: [...models.values()], notes: notes.lines() };
}

function toModel(id: string, model: JsonObject): ListedModel {
  const architecture = asObject(model.architecture);
  const inputs = strings(architecture?.input_modalities);
  const context = readTokens(model.context_length);
  const maxOutput = readTokens(asObject(model.top_provider)?.max_completion_tokens);
  const price = toPriceOf(asObject(model.pricing) ?? {});
  const parameters = new Set(strings(model.supported_parameters));
  return {
    provider: 'openrouter',
    id,
    modality: modalityOf(strings(architecture?.output_modalities)),
    supports: [
      ...(inputs.includes('image') ? ['images'] : []),
      ...(inputs.includes('audio') ? ['audio'] : []),
      ...(inputs.includes('file') ? ['files'] : []),
      ...Object.entries(abilities).flatMap(([parameter, ability]) => (parameters.has(parameter) ? [ability] : [])),
    ],
    ...(price !== undefined && { price }),
    ...(context !== undefined && { context }),
    ...(maxOutput !== undefined && { maxOutput }),
  };
}

function toPriceOf(pricing: JsonObject): ListedModel['price'] {
  // A fee for each request comes on top of the tokens and is not counted in any answer; OpenRouter tells its own cost instead.
  if (readAmount(pricing.request) !== undefined) return undefined;
  return toPrice({
    input: usdPerMillion(pricing.prompt, perToken),
    output: usdPerMillion(pricing.completion, perToken),
    cached_input: usdPerMillion(pricing.input_cache_read, perToken),
    cache_write: usdPerMillion(pricing.input_cache_write, perToken),
    input_audio: usdPerMillion(pricing.audio, perToken),
  });
}

function modalityOf(outputs: readonly string[]): ListedModality {
  if (outputs.includes('text') || outputs.length === 0) return 'text';
  return outputs.includes('image') ? 'image' : outputs.includes('embeddings') ? 'embedding' : 'audio';
}

function strings(value: JsonValue | undefined): readonly string[] {
  return (asArray(value) ?? []).filter((item) => typeof item === 'string');
}
