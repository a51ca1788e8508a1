// The catalog as data: what compileCatalog writes and createCatalog reads. Plain JSON, already validated, names as written.
import type { UnitKind } from '../canonical/usage.ts';
import type { Alias, JobType, Modality, ModelTrait, Prefill, QualityTier, SpeedTier, Supports, Task } from './catalog.ts';

export interface ModelRecord {
  /** Who made it: `anthropic`. A provider of that name is listed first when the bare model is asked for. */
  readonly creator: string;
  readonly modality: readonly Modality[];
  readonly tasks: readonly string[];
  readonly domains: readonly string[];
  readonly quality: QualityTier;
  readonly speed: SpeedTier;
  /** All that the model supports; what is not in the list it lacks. Absent = unknown. */
  readonly supports?: readonly (keyof Supports)[];
  readonly traits?: readonly ModelTrait[];
  readonly context?: number;
  readonly max_output?: number;
  /** ISO date. */
  readonly released?: string;
}

/** USD per million tokens, as price lists give it; `units` for what is not counted in tokens. */
export interface PriceRecord {
  readonly input?: number;
  readonly output?: number;
  readonly cached_input?: number;
  readonly cache_write?: number;
  readonly cache_write_1h?: number;
  readonly input_audio?: number;
  readonly input_image?: number;
  readonly output_audio?: number;
  readonly output_image?: number;
  readonly above?: PriceRecord & { readonly input_tokens: number };
  readonly units?: readonly UnitPriceRecord[];
  readonly units_only?: boolean;
  readonly free?: boolean;
}

/** USD for `per` units, 1 where it is absent. */
export interface UnitPriceRecord {
  readonly unit: UnitKind;
  readonly usd: number;
  readonly per?: number;
  readonly variant?: string;
  readonly unless_tokens?: boolean;
}

export interface OfferRecord {
  readonly provider: string;
  /** The provider's own id. */
  readonly id: string;
  readonly model: string;
  /** Default `<provider>-<model>-main`. */
  readonly canonical?: string;
  /** More ids under which the provider serves the very same thing at the same price; they are sent as the caller wrote them. */
  readonly also?: readonly string[];
  /** More names for lookups; the wire id stays `id`. */
  readonly names?: readonly string[];
  /** `id:suffix` is legal at this provider and changes how it is served, not what it is. */
  readonly variants?: boolean;
  /** Serves only who asks for its own id: the provider's other offer of this model is what the model's name stands for. */
  readonly named_only?: boolean;
  readonly price?: PriceRecord;
  readonly context?: number;
  readonly max_output?: number;
  readonly quality?: QualityTier;
  readonly speed?: SpeedTier;
  /** What this provider's version supports beyond, or lacks of, what the model does. */
  readonly adds?: readonly (keyof Supports)[];
  readonly lacks?: readonly (keyof Supports)[];
  /** In place of the model's. */
  readonly traits?: readonly ModelTrait[];
  readonly prefill?: Prefill;
  readonly local?: boolean;
  readonly simulator?: boolean;
  readonly retired?: string;
  readonly successor?: string;
  readonly source?: string;
  readonly read?: string;
}

export interface AliasRecord extends Alias {
  /** Ids that `prefer` will take once the catalog has them. */
  readonly planned?: readonly string[];
}

export interface CompiledCatalog {
  readonly format: 1;
  /** Digest of everything below. */
  readonly version: string;
  readonly models: Readonly<Record<string, ModelRecord>>;
  readonly offers: readonly OfferRecord[];
  readonly aliases: readonly AliasRecord[];
  readonly tasks: readonly Task[];
  readonly domains: readonly { readonly name: string; readonly description: string }[];
  readonly jobs: readonly JobType[];
}

/** The operator's own facts, laid over the catalog. */
export interface Overlay {
  readonly models?: Readonly<Record<string, Partial<ModelRecord>>>;
  /** An offer whose provider and id are known is changed member by member, another one is added. */
  readonly offers?: readonly (Partial<OfferRecord> & { readonly provider: string; readonly id: string })[];
  /** Provider id → price, in place of the catalog's. */
  readonly prices?: Readonly<Record<string, PriceRecord>>;
  readonly aliases?: Readonly<Record<string, OverlayAlias>>;
}

export interface OverlayAlias {
  readonly models: readonly string[];
  readonly description?: string | undefined;
  readonly tasks?: readonly string[] | undefined;
  readonly domains?: readonly string[] | undefined;
  readonly modality?: Modality | undefined;
}
