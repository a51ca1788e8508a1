// The form of the files under data/ and of the overlay. Loaded at build and for an overlay only: zod costs more start-up
// time than the whole catalog.
import { z } from 'zod';
import type { UnitKind } from '../canonical/usage.ts';
import { capabilities } from './build-offer.ts';
import type { Prefill } from './catalog.ts';

const modalities = ['text', 'image', 'audio', 'video', 'embedding', 'scores', 'transcript'] as const;
const unitKinds = ['image', 'second', 'character', 'page', 'request', 'search'] as const satisfies readonly UnitKind[];
const qualityTiers = ['flagship', 'strong', 'draft'] as const;
const speedTiers = ['fast', 'normal', 'slow'] as const;
const traits = [
  'max-completion-tokens',
  'no-sampling',
  'temperature-xor-top-p',
  'no-stop',
  'developer-role',
  'adaptive-thinking',
  'thinking-budget',
  'native-json-schema',
  'no-prefill',
  'reasoning-replay-always',
  'reasoning-replay-never',
  'think-tags',
  'reasoning-outside-output',
  'responses-only',
] as const;

const prefills = ['native', 'prefix-flag'] as const satisfies readonly Prefill[];

const isoDate = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'write the date as YYYY-MM-DD');
const tokens = z.int().positive();
const usdPerMillion = z.number().nonnegative();
const word = z.string().min(1);

const flatPrice = {
  input: usdPerMillion.optional(),
  output: usdPerMillion.optional(),
  cached_input: usdPerMillion.optional(),
  cache_write: usdPerMillion.optional(),
  cache_write_1h: usdPerMillion.optional(),
  input_audio: usdPerMillion.optional(),
  input_image: usdPerMillion.optional(),
  output_audio: usdPerMillion.optional(),
  output_image: usdPerMillion.optional(),
};
const unitPriceSchema = z.strictObject({
  unit: z.enum(unitKinds),
  usd: z.number().nonnegative(),
  per: z.int().positive().optional(),
  variant: word.optional(),
  unless_tokens: z.literal(true).optional(),
});
const priceSchema = z.strictObject({
  ...flatPrice,
  above: z.strictObject({ ...flatPrice, input_tokens: tokens }).optional(),
  units: z.array(unitPriceSchema).min(1).optional(),
  units_only: z.literal(true).optional(),
  free: z.literal(true).optional(),
});

const modelFields = {
  modality: z.array(z.enum(modalities)).min(1).default(['text']),
  /** Task names, or `@group` for all of a group of tasks.json. */
  tasks: z.array(word),
  domains: z.array(word).default([]),
  quality: z.enum(qualityTiers),
  speed: z.enum(speedTiers),
  supports: z.array(z.enum(capabilities)),
  traits: z.array(z.enum(traits)).optional(),
  context: tokens.optional(),
  max_output: tokens.optional(),
  released: isoDate.optional(),
};

export const modelFileSchema = z.strictObject({ creator: word, models: z.record(word, z.strictObject(modelFields)) });

const offerFields = {
  id: word,
  model: word,
  canonical: word.optional(),
  also: z.array(word).optional(),
  names: z.array(word).optional(),
  variants: z.boolean().optional(),
  named_only: z.literal(true).optional(),
  price: priceSchema.optional(),
  context: tokens.optional(),
  max_output: tokens.optional(),
  quality: z.enum(qualityTiers).optional(),
  speed: z.enum(speedTiers).optional(),
  adds: z.array(z.enum(capabilities)).optional(),
  lacks: z.array(z.enum(capabilities)).optional(),
  traits: z.array(z.enum(traits)).optional(),
  prefill: z.enum(prefills).optional(),
  retired: isoDate.optional(),
  successor: word.optional(),
  source: word.optional(),
  read: isoDate.optional(),
};

export const offerFileSchema = z.strictObject({
  provider: word,
  source: word,
  read: isoDate,
  /** Hold for every offer of the file. */
  variants: z.boolean().optional(),
  prefill: z.enum(prefills).optional(),
  local: z.literal(true).optional(),
  simulator: z.literal(true).optional(),
  offers: z.array(z.strictObject(offerFields)),
});

export const aliasFileSchema = z.record(
  word,
  z.strictObject({
    description: word,
    prefer: z.array(word),
    planned: z.array(word).optional(),
    tasks: z.array(word).default([]),
    domains: z.array(word).default([]),
    modality: z.enum(modalities).default('text'),
    quality_tier: z.enum(qualityTiers).optional(),
    speed_tier: z.enum(speedTiers).optional(),
  }),
);

export const taskFileSchema = z.strictObject({
  groups: z.record(word, z.array(word)),
  tasks: z.record(
    word,
    z.strictObject({ description: word, modality: z.enum(modalities).optional(), reads_modality: z.literal(true).optional() }),
  ),
});

export const domainFileSchema = z.strictObject({
  groups: z.record(word, z.array(word)),
  domains: z.record(word, z.strictObject({ description: word })),
});

export const jobFileSchema = z.strictObject({
  job_type: word,
  description: word,
  steps: z.array(z.strictObject({ step: word, description: word, model: word, also: z.array(word).default([]) })).min(1),
});

const overlayOffer = z.strictObject({ ...offerFields, model: word.optional(), provider: word, local: z.boolean().optional() });

export const overlaySchema = z.strictObject({
  models: z.record(word, z.strictObject({ ...modelFields, modality: z.array(z.enum(modalities)), creator: word }).partial()).optional(),
  offers: z.array(overlayOffer).optional(),
  prices: z.record(word, priceSchema).optional(),
  aliases: z
    .record(
      word,
      z.strictObject({
        models: z.array(word).min(1),
        description: word.optional(),
        tasks: z.array(word).optional(),
        domains: z.array(word).optional(),
        modality: z.enum(modalities).optional(),
      }),
    )
    .optional(),
});

/** Every problem on a line of its own: `models/openai.json: models.gpt-4o.supports[2]: expected one of …`. */
export function checkForm<T>(schema: z.ZodType<T>, value: unknown, file: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${file}: ${pathOf(issue.path)}: ${issue.message}`);
  throw new RangeError(problems.join('\n'));
}

function pathOf(path: readonly PropertyKey[]): string {
  let text = '';
  for (const part of path) text += typeof part === 'number' ? `[${part}]` : `${text === '' ? '' : '.'}${String(part)}`;
  return text === '' ? '(the whole file)' : text;
}
