// models.dev's `api.json`: USD per million tokens, grouped by provider. 0 and 0 is a subscription, not a free model.
import { asArray, asObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import {
  createNotes,
  type ListedModality,
  type ListedModel,
  type ListedPrice,
  notThisFormat,
  type PriceList,
  readTokens,
  toPrice,
  usdPerMillion,
} from './price-list.ts';

const providerIds: Readonly<Record<string, string>> = {
  'amazon-bedrock': 'bedrock',
  anthropic: 'anthropic',
  azure: 'azure',
  cerebras: 'cerebras',
  cohere: 'cohere',
  deepinfra: 'deepinfra',
  deepseek: 'deepseek',
  'fireworks-ai': 'fireworks',
  google: 'google',
  'google-vertex': 'vertex',
  'google-vertex-anthropic': 'vertex',
  groq: 'groq',
  huggingface: 'huggingface',
  mistral: 'mistral',
  'novita-ai': 'novita',
  nvidia: 'nvidia-nim',
  openai: 'openai',
  openrouter: 'openrouter',
  perplexity: 'perplexity',
  sambanova: 'sambanova',
  togetherai: 'together',
  xai: 'xai',
};

const perMillion = 1;

export function readModelsDev(value: JsonValue, file: string): PriceList {
  const expected = '{"openai": {"models": {"gpt-4o": {"cost": {…}, "limit": {…}}}}}, as models.dev/api.json';
  const groups = asObject(value);
  if (groups === undefined || !Object.values(groups).some((group) => asObject(asObject(group)?.models) !== undefined)) {
    throw notThisFormat('models.dev', file, expected);
  }
  const notes = createNotes();
  const models = new Map<string, ListedModel>();
  for (const [name, group] of Object.entries(groups)) {
    const provider = Object.hasOwn(providerIds, name) ? providerIds[name] : undefined;
    for (const [id, entry] of Object.entries(asObject(asObject(group)?.models) ?? {})) {
      const model = asObject(entry);
      if (provider === undefined) notes.skip(`models of ${name}: no provider of ours`);
      else if (model === undefined) notes.skip('no object');
      else if (models.has(`${provider}/${id}`)) notes.skip('listed twice');
      else models.set(`${provider}/${id}`, toModel(provider, id, model));
    }
  }
  return { source: 'models.dev', models: [...models.values()], notes: notes.lines() };
}

function toModel(provider: string, id: string, model: JsonObject): ListedModel {
  const limit = asObject(model.limit);
  const inputs = asArray(asObject(model.modalities)?.input) ?? [];
  const price = toPriceOf(asObject(model.cost) ?? {});
  const context = readTokens(limit?.context);
  const maxOutput = readTokens(limit?.output);
  return {
    provider,
    id,
    modality: modalityOf(id, asArray(asObject(model.modalities)?.output) ?? []),
    supports: [
      ...(inputs.includes('image') ? ['images'] : []),
      ...(inputs.includes('audio') ? ['audio'] : []),
      ...(inputs.includes('video') ? ['video'] : []),
      ...(inputs.includes('pdf') ? ['files'] : []),
      ...(model.tool_call === true ? ['tools'] : []),
      ...(model.structured_output === true ? ['structured_output'] : []),
      ...(model.reasoning === true ? ['reasoning'] : []),
    ],
    ...(price !== undefined && { price }),
    ...(context !== undefined && { context }),
    ...(maxOutput !== undefined && { maxOutput }),
  };
}

function toPriceOf(cost: JsonObject): ListedPrice | undefined {
  const above = asObject(cost.context_over_200k);
  const tier = above === undefined ? undefined : toPrice(classesOf(above));
  return toPrice({ ...classesOf(cost), above: tier === undefined ? undefined : { input_tokens: 200_000, ...tier } });
}

function classesOf(cost: JsonObject): Parameters<typeof toPrice>[0] {
  return {
    input: usdPerMillion(cost.input, perMillion),
    output: usdPerMillion(cost.output, perMillion),
    cached_input: usdPerMillion(cost.cache_read, perMillion),
    cache_write: usdPerMillion(cost.cache_write, perMillion),
    input_audio: usdPerMillion(cost.input_audio, perMillion),
    output_audio: usdPerMillion(cost.output_audio, perMillion),
  };
}

function modalityOf(id: string, outputs: readonly JsonValue[]): ListedModality {
  // The list calls vectors text.
  if (/embed/i.test(id)) return 'embedding';
  if (outputs.includes('text') || outputs.length === 0) return 'text';
  return outputs.includes('image') ? 'image' : outputs.includes('video') ? 'video' : 'audio';
}
