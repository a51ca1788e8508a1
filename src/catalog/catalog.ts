// The catalog's vocabulary: abstract models, offers at providers, aliases. Unknown is absent, never 0.
import type { UnitKind } from '../canonical/usage.ts';

export type QualityTier = 'flagship' | 'strong' | 'draft';
export type SpeedTier = 'fast' | 'normal' | 'slow';
/** What a model makes. `scores`: rerankers and moderation; `transcript`: text from speech, and from nothing else. */
export type Modality = 'text' | 'image' | 'audio' | 'video' | 'embedding' | 'scores' | 'transcript';

export interface Supports {
  readonly images?: boolean;
  readonly audio?: boolean;
  readonly video?: boolean;
  readonly files?: boolean;
  readonly tools?: boolean;
  readonly structured_output?: boolean;
  readonly json_mode?: boolean;
  readonly reasoning?: boolean;
  readonly prompt_cache?: boolean;
  readonly streaming?: boolean;
  readonly embeddings?: boolean;
  readonly rerank?: boolean;
  readonly moderation?: boolean;
  /** Makes images; `images` means that it reads them. */
  readonly image_output?: boolean;
  readonly image_edit?: boolean;
  /** Reads a text aloud. */
  readonly speech?: boolean;
  readonly transcription?: boolean;
}

/**
 * Wire traits of a model: facts that change what may be sent to it. Codecs and provider rules read them.
 * - `max-completion-tokens`: wants `max_completion_tokens`, refuses `max_tokens` (OpenAI reasoning models)
 * - `no-sampling`: refuses temperature, top_p, top_k (and penalties)
 * - `temperature-xor-top-p`: refuses both together (Claude 4.5)
 * - `no-stop`: refuses `stop` (o3, o4-mini)
 * - `developer-role`: system messages are called `developer`
 * - `adaptive-thinking`: `thinking.type: adaptive` + effort (Claude 4.6+); otherwise `thinking-budget`
 * - `thinking-budget`: `thinking.type: enabled` with budget_tokens
 * - `native-json-schema`: Claude with `output_config.format`
 * - `no-prefill`: the last message may not be the assistant's
 * - `reasoning-replay-always` / `reasoning-replay-never`: DeepSeek's rule for `reasoning_content` in history
 * - `think-tags`: reasoning comes inside the text as <think>…</think>
 * - `reasoning-outside-output`: completion_tokens exclude reasoning tokens (xAI chat)
 * - `responses-only`: the provider serves it on its Responses API, not as chat; never chosen, only named
 */
export type ModelTrait =
  | 'max-completion-tokens'
  | 'no-sampling'
  | 'temperature-xor-top-p'
  | 'no-stop'
  | 'developer-role'
  | 'adaptive-thinking'
  | 'thinking-budget'
  | 'native-json-schema'
  | 'no-prefill'
  | 'reasoning-replay-always'
  | 'reasoning-replay-never'
  | 'think-tags'
  | 'reasoning-outside-output'
  | 'responses-only';

/**
 * How an answer that was begun is gone on with: the text so far is the last message, and the model says what follows it.
 * - `native`: an assistant message at the end is enough
 * - `prefix-flag`: that message says `prefix: true`, and the answer repeats it (Mistral)
 */
export type Prefill = 'native' | 'prefix-flag';

/** Integer pico-USD per token by usage class; an absent class has no known price. */
export interface TokenPrice {
  readonly input?: number;
  readonly cachedInput?: number;
  readonly cacheWrite?: number;
  readonly cacheWrite1h?: number;
  readonly output?: number;
  /** Tokens of other kinds than text, where the provider prices them apart; absent = as all input, or all output. */
  readonly inputAudio?: number;
  readonly inputImage?: number;
  readonly outputAudio?: number;
  readonly outputImage?: number;
  /** Whole-request prices above a prompt size (all input counted). */
  readonly above?: { readonly inputTokens: number; readonly price: TokenPrice };
  /** What is not counted in tokens. The first one listed is what offers are compared by. */
  readonly units?: readonly UnitPrice[];
  /** The units are all that is charged: tokens the provider reports besides are free. */
  readonly unitsOnly?: boolean;
  /** Nothing is charged at all, whatever is counted. */
  readonly free?: boolean;
}

/** Pico-USD for `per` units: 30 USD per million characters stay whole, and so do 0.111 USD per 3,600 seconds. */
export interface UnitPrice {
  readonly unit: UnitKind;
  readonly picoUsd: number;
  readonly per: number;
  /** `1024x1024/high`; `default` = nothing was chosen; absent = every variant that has no price of its own. */
  readonly variant?: string;
  /** Holds only where the provider reported no tokens; with tokens, those are charged instead. */
  readonly unlessTokens?: boolean;
}

/** A model at a provider: what the contract calls a catalog entry. */
export interface Offer {
  /** `openai-gpt-4o-main`. */
  readonly canonicalId: string;
  /** `openai/gpt-4o`. */
  readonly providerId: string;
  readonly provider: string;
  /** The id the provider itself uses: `gpt-4o`. */
  readonly wireId: string;
  /** The abstract model: `gpt-4o`. `gpt-4o@openai` names this offer too. */
  readonly model: string;
  readonly modality: readonly Modality[];
  readonly tasks: readonly string[];
  readonly domains: readonly string[];
  readonly qualityTier: QualityTier;
  readonly speedTier: SpeedTier;
  readonly supports: Supports;
  readonly aliases: readonly string[];
  readonly traits: ReadonlySet<ModelTrait>;
  /** Absent: it does not go on with an answer that another began, or nobody knows whether it does. */
  readonly prefill?: Prefill;
  readonly price?: TokenPrice;
  /** Identifies the price list this offer's price came from: `2026-08-21`. Kept with every entry. */
  readonly priceVersion?: string;
  readonly contextTokens?: number;
  readonly maxOutputTokens?: number;
  readonly source?: string;
  /** Date the facts were read, ISO. */
  readonly read?: string;
  /** ISO date after which the provider no longer serves it. */
  readonly retired?: string;
  /** What the provider suggests instead of a retired id; never taken without being asked for. */
  readonly successor?: string;
  /** Runs on a machine of the operator's own: its tokens have the known price 0. */
  readonly local?: boolean;
  /** Invented answers for trying things out; serves real calls only when it was named. */
  readonly simulator?: boolean;
  /** Another region or price of a model that this provider also offers: serves only when its own id was named. */
  readonly namedOnly?: boolean;
  /** Unix seconds of release, for `created` in listings; absent = unknown. */
  readonly released?: number;
  /** Not from the catalog: an id passed to an open-ended provider unchanged. Its abilities are unknown, so nothing is refused. */
  readonly uncatalogued?: boolean;
}

/** An alias is an ordered wish list: the first offer on a usable connection serves, the others are its fallbacks. */
export interface Alias {
  readonly name: string;
  readonly description: string;
  /** Model ids or provider ids in order of preference. */
  readonly prefer: readonly string[];
  /** Constraints for the Brain when none of `prefer` is usable. */
  readonly tasks: readonly string[];
  readonly domains: readonly string[];
  readonly modality: Modality;
  readonly qualityTier?: QualityTier;
  readonly speedTier?: SpeedTier;
}

/** One step of an orchestration job: what it does and which alias does it. */
export interface JobStep {
  readonly name: string;
  readonly description: string;
  readonly alias: string;
  /** Other aliases that fit the step, in order of preference. */
  readonly also: readonly string[];
}

/** A job type is data: a file in `data/jobs/`. */
export interface JobType {
  readonly jobType: string;
  readonly description: string;
  readonly steps: readonly JobStep[];
}

/** What is known about a task name. */
export interface Task {
  readonly name: string;
  readonly description: string;
  /** What the task produces; absent = text. */
  readonly modality?: Modality;
  /** A requested modality other than text means what is read, not what is made (`multimodal` + image = look at images). */
  readonly readsModality?: boolean;
}

export interface Catalog {
  /** Sorted by canonicalId. */
  readonly offers: readonly Offer[];
  readonly aliases: ReadonlyMap<string, Alias>;
  readonly tasks: ReadonlySet<string>;
  readonly domains: ReadonlySet<string>;
  readonly taskFacts: ReadonlyMap<string, Task>;
  /** Job type → its steps. */
  readonly jobs: ReadonlyMap<string, JobType>;
  /** Providers that have offers here. */
  readonly providers: ReadonlySet<string>;
  /** Digest of the content: part of every decision. */
  readonly version: string;
  /**
   * A name → what it can mean. Exact first (alias, canonical id, `model@provider`, provider id), then the bare model or wire id
   * (every provider that offers it), then case-insensitive and prefix-tolerant (`models/x`, `openai:x`, dated ids).
   * The same name always gives the same object, except for variants (`x:free`) and dated ids that are not listed.
   */
  find(name: string): Found;
  /** The nearest known names, best first, at most `limit`. */
  nearest(name: string, limit: number): readonly string[];
}

export type Found =
  | { readonly kind: 'alias'; readonly alias: Alias; readonly offers: readonly Offer[] }
  | { readonly kind: 'offers'; readonly offers: readonly Offer[] }
  | { readonly kind: 'none' };
