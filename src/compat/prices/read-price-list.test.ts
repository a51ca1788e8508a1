import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ListedModel, type PriceSource, priceSources } from './price-list.ts';
import { readPriceList } from './read-price-list.ts';

function read(source: PriceSource, value: unknown, provider?: string): { models: readonly ListedModel[]; notes: readonly string[] } {
  return readPriceList({ source, name: 'list.json', text: JSON.stringify(value), ...(provider !== undefined && { provider }) });
}
const priceOf = (models: readonly ListedModel[], id: string): unknown => models.find((model) => model.id === id)?.price;

describe('LiteLLM', () => {
  const chat = { litellm_provider: 'openai', mode: 'chat', input_cost_per_token: 2.5e-6, output_cost_per_token: 1e-5 };

  it('counts per token; here it is per million, without the noise of the multiplication', () => {
    const { models } = read('litellm', {
      'gpt-4o': {
        ...chat,
        cache_read_input_token_cost: 1.25e-6,
        max_input_tokens: 128_000,
        max_output_tokens: 16_384,
        supports_vision: true,
      },
    });

    expect(models).toEqual([
      {
        provider: 'openai',
        id: 'gpt-4o',
        modality: 'text',
        supports: ['images'],
        price: { input: 2.5, output: 10, cached_input: 1.25 },
        context: 128_000,
        maxOutput: 16_384,
      },
    ]);
  });

  it('takes null, 0 and negative prices for unknown', () => {
    const { models } = read('litellm', {
      one: { ...chat, input_cost_per_token: 0, output_cost_per_token: null },
      two: { ...chat, output_cost_per_token: -1 },
    });

    expect(priceOf(models, 'one')).toBeUndefined();
    expect(priceOf(models, 'two')).toEqual({ input: 2.5 });
  });

  it('knows our names of its providers, and their prefixes', () => {
    const ids = {
      'gemini/gemini-2.5-pro': 'gemini',
      'vertex_ai/claude-sonnet-5': 'vertex_ai-anthropic_models',
      'global.anthropic.claude-sonnet-5': 'bedrock_converse',
      'together_ai/zai-org/GLM-5.2': 'together_ai',
      'azure/gpt-4o': 'azure',
    };

    const { models } = read(
      'litellm',
      Object.fromEntries(Object.entries(ids).map(([id, provider]) => [id, { ...chat, litellm_provider: provider }])),
    );

    expect(models.map(({ provider, id }) => `${provider}/${id}`)).toEqual([
      'google/gemini-2.5-pro',
      'vertex/claude-sonnet-5',
      'bedrock/global.anthropic.claude-sonnet-5',
      'together/zai-org/GLM-5.2',
      'azure/gpt-4o',
    ]);
  });

  it('leaves out regions, unknown providers and other work, and counts them', () => {
    const { models, notes } = read('litellm', {
      sample_spec: { litellm_provider: 'one of', mode: 'chat' },
      'azure/eu/gpt-4o': { ...chat, litellm_provider: 'azure' },
      'bedrock/us-east-1/anthropic.claude-v2': { ...chat, litellm_provider: 'bedrock' },
      'watsonx/granite': { ...chat, litellm_provider: 'watsonx' },
      'gpt-realtime': { ...chat, mode: 'realtime' },
    });

    expect(models).toEqual([]);
    expect(notes).toEqual([
      '2 left out: prices of one region',
      '1 left out: models of watsonx: no provider of ours',
      '1 left out: mode realtime',
    ]);
  });

  it('takes a model that stands there with and without its provider once', () => {
    const { models, notes } = read('litellm', { 'gpt-4o': chat, 'openai/gpt-4o': { ...chat, input_cost_per_token: 9e-6 } });

    expect(models.map((model) => model.price)).toEqual([{ input: 2.5, output: 10 }]);
    expect(notes).toEqual(['1 left out: listed twice']);
  });

  it('gathers the variants of an image model, by the pixel or by the image', () => {
    const image = { litellm_provider: 'openai', mode: 'image_generation' };

    const { models } = read('litellm', {
      'dall-e-3': image,
      '1024-x-1024/dall-e-3': { ...image, input_cost_per_pixel: 3.81469e-8, output_cost_per_pixel: 0 },
      'hd/1024-x-1792/dall-e-3': { ...image, output_cost_per_image: 0.12 },
    });

    expect(models).toHaveLength(1);
    expect(priceOf(models, 'dall-e-3')).toEqual({
      units: [
        { unit: 'image', usd: 0.04, variant: '1024x1024' },
        { unit: 'image', usd: 0.12, variant: '1024x1792/hd' },
      ],
    });
  });

  it('keeps the variants when the model’s own entry comes after them', () => {
    const image = { litellm_provider: 'openai', mode: 'image_generation' };

    const { models } = read('litellm', {
      'high/1024-x-1024/gpt-image-1': { ...image, output_cost_per_image: 0.167 },
      'gpt-image-1': { ...image, input_cost_per_token: 5e-6, output_cost_per_token: 4e-5 },
    });

    expect(priceOf(models, 'gpt-image-1')).toEqual({
      input: 5,
      output: 40,
      units: [{ unit: 'image', usd: 0.167, variant: '1024x1024/high' }],
    });
  });

  it('charges a recording once, though input and output both name its price', () => {
    const { models } = read('litellm', {
      'whisper-1': { litellm_provider: 'openai', mode: 'audio_transcription', input_cost_per_second: 1e-4, output_cost_per_second: 1e-4 },
      'tts-1': { litellm_provider: 'openai', mode: 'audio_speech', input_cost_per_character: 1.5e-5 },
      'rerank-v3.5': { litellm_provider: 'cohere', mode: 'rerank', input_cost_per_query: 0.002 },
    });

    expect(priceOf(models, 'whisper-1')).toEqual({ units: [{ unit: 'second', usd: 0.0001 }] });
    expect(priceOf(models, 'tts-1')).toEqual({ units: [{ unit: 'character', usd: 0.000_015 }] });
    expect(priceOf(models, 'rerank-v3.5')).toEqual({ units: [{ unit: 'search', usd: 0.002 }] });
  });

  it('reads the price of long prompts', () => {
    const { models } = read('litellm', {
      'gemini/gemini-2.5-pro': {
        litellm_provider: 'gemini',
        mode: 'chat',
        input_cost_per_token: 1.25e-6,
        output_cost_per_token: 1e-5,
        input_cost_per_token_above_200k_tokens: 2.5e-6,
        output_cost_per_token_above_200k_tokens: 1.5e-5,
      },
    });

    expect(priceOf(models, 'gemini-2.5-pro')).toEqual({
      input: 1.25,
      output: 10,
      above: { input_tokens: 200_000, input: 2.5, output: 15 },
    });
  });
});

describe('OpenRouter', () => {
  const entry = (id: string, pricing: object) => ({ id, pricing, context_length: 1000 });

  it('reads strings of USD per token', () => {
    const { models } = read('openrouter', {
      data: [
        {
          ...entry('openai/gpt-4o', { prompt: '0.0000025', completion: '0.00001', input_cache_read: '0.00000125', request: '0' }),
          architecture: { input_modalities: ['text', 'image'], output_modalities: ['text'] },
          supported_parameters: ['tools', 'response_format'],
        },
      ],
    });

    expect(models).toEqual([
      {
        provider: 'openrouter',
        id: 'openai/gpt-4o',
        modality: 'text',
        supports: ['images', 'tools', 'json_mode'],
        price: { input: 2.5, output: 10, cached_input: 1.25 },
        context: 1000,
      },
    ]);
  });

  it('takes -1 (priced by route) and 0 for unknown, and leaves the free variants alone', () => {
    const { models, notes } = read('openrouter', {
      data: [
        entry('openrouter/auto', { prompt: '-1', completion: '-1' }),
        entry('acme/zero', { prompt: '0', completion: '0' }),
        entry('acme/model:free', { prompt: '0', completion: '0' }),
      ],
    });

    expect(models.map(({ id, price }) => [id, price])).toEqual([
      ['openrouter/auto', undefined],
      ['acme/zero', undefined],
    ]);
    expect(notes).toEqual(['1 left out: served free, with limits (:free)']);
  });

  it('has no price for a model with a fee for each request: the tokens alone would be too little', () => {
    const { models } = read('openrouter', {
      data: [entry('perplexity/sonar', { prompt: '0.000001', completion: '0.000001', request: '0.005' })],
    });

    expect(priceOf(models, 'perplexity/sonar')).toBeUndefined();
  });
});

describe('models.dev', () => {
  it('counts per million already', () => {
    const { models, notes } = read('models.dev', {
      anthropic: {
        models: {
          'claude-sonnet-4-5': {
            cost: { input: 3, output: 15, cache_read: 0.3, cache_write: 3.75, context_over_200k: { input: 6, output: 22.5 } },
            limit: { context: 200_000, output: 64_000 },
            modalities: { input: ['text', 'image', 'pdf'], output: ['text'] },
            tool_call: true,
          },
        },
      },
      'some-lab': { models: { x: {} } },
    });

    expect(models).toEqual([
      {
        provider: 'anthropic',
        id: 'claude-sonnet-4-5',
        modality: 'text',
        supports: ['images', 'files', 'tools'],
        price: { input: 3, output: 15, cached_input: 0.3, cache_write: 3.75, above: { input_tokens: 200_000, input: 6, output: 22.5 } },
        context: 200_000,
        maxOutput: 64_000,
      },
    ]);
    expect(notes).toEqual(['1 left out: models of some-lab: no provider of ours']);
  });

  it('has no price where a subscription makes it 0', () => {
    const { models } = read('models.dev', { groq: { models: { x: { cost: { input: 0, output: 0 } } } } });

    expect(models[0]?.price).toBeUndefined();
  });
});

describe('Portkey', () => {
  it('counts in cents', () => {
    const { models } = read(
      'portkey',
      {
        default: { pricing_config: { pay_as_you_go: { request_token: { price: 0 } } } },
        'gpt-4o': {
          pricing_config: {
            pay_as_you_go: { request_token: { price: 0.00025 }, response_token: { price: 0.001 }, cache_write_input_token: { price: 0 } },
            currency: 'USD',
          },
        },
        'dall-e-3': {
          pricing_config: {
            pay_as_you_go: { image: { standard: { '1024x1024': { price: 4 } }, default: { default: { price: 4 } } } },
            currency: 'USD',
          },
        },
        'whisper-1': { pricing_config: { pay_as_you_go: { request_audio_token: { price: 0.6 } } } },
        yuan: { pricing_config: { pay_as_you_go: {}, currency: 'CNY' } },
      },
      'openai',
    );

    expect(models.map((model) => model.id)).toEqual(['gpt-4o', 'dall-e-3', 'whisper-1']);
    expect(priceOf(models, 'gpt-4o')).toEqual({ input: 2.5, output: 10 });
    expect(priceOf(models, 'dall-e-3')).toEqual({
      units: [
        { unit: 'image', usd: 0.04, variant: '1024x1024/standard' },
        { unit: 'image', usd: 0.04 },
      ],
    });
    // Its "audio token" is a minute.
    expect(priceOf(models, 'whisper-1')).toBeUndefined();
  });

  it('learns from the name of the file whose prices they are, or asks', () => {
    const text = JSON.stringify({ 'grok-4': { pricing_config: { pay_as_you_go: { request_token: { price: 0.0003 } } } } });

    expect(readPriceList({ source: 'portkey', name: 'pricing/x-ai.json', text }).models[0]?.provider).toBe('xai');
    expect(() => readPriceList({ source: 'portkey', name: 'prices.json', text })).toThrow('--provider');
  });
});

describe('a file that is something else', () => {
  it.each([
    ['openrouter', '"data"'],
    ['litellm', 'litellm_provider'],
    ['models.dev', '"cost"'],
    ['portkey', 'pricing_config'],
  ] as const)('is refused for %s with what was expected', (source, expected) => {
    for (const value of [{}, [], 'text', null, { data: 'x' }, { error: { message: 'rate limited' } }]) {
      expect(() => read(source, value, 'openai')).toThrow(expected);
    }
    expect(() => readPriceList({ source, name: 'list.json', text: '<html>' })).toThrow('list.json is not JSON');
  });

  it('is never half read: any JSON gives a list of well-formed prices or an error with a code', () => {
    const member = fc.constantFrom(
      'data',
      'models',
      'cost',
      'pricing',
      'pricing_config',
      'pay_as_you_go',
      'litellm_provider',
      'openai',
      '__proto__',
      'id',
      'prompt',
    );
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        fc.jsonValue({ maxDepth: 1 }),
        fc.dictionary(member, tie('value')),
        fc.array(tie('value'), { maxLength: 3 }),
      ),
    })).value;

    fc.assert(
      fc.property(json, fc.constantFrom(...priceSources), (value, source) => {
        try {
          for (const model of read(source, value, 'openai').models) {
            for (const usd of Object.values(model.price ?? {})) if (typeof usd === 'number') expect(usd).toBeGreaterThan(0);
          }
        } catch (error) {
          expect(error).toMatchObject({ code: 'invalid_request' });
        }
      }),
    );
  });
});
