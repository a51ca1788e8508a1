// What the Brain is asked and what it answers. Pure data: the same question and catalog always give the same decision.
import type { Modality, Offer, QualityTier, SpeedTier } from '../catalog/catalog.ts';

export type Strategy = 'quality-first' | 'cost-optimized' | 'speed-priority' | 'balanced';
export type Need =
  | 'tools'
  | 'vision'
  | 'json_schema'
  | 'json_mode'
  | 'audio'
  | 'video'
  | 'files'
  | 'reasoning'
  | 'embeddings'
  | 'prompt_cache'
  | 'streaming'
  | 'rerank'
  | 'moderation'
  | 'image_output'
  | 'image_edit'
  | 'speech'
  | 'transcription';

export interface Profile {
  /** Offers the caller named, in order of preference; undefined = the whole catalog. */
  readonly named?: readonly Offer[];
  /**
   * The alias that `named` came from. An alias is a wish: when none of its offers is usable, any other offer that fits the
   * alias may serve. Without it the names are meant, and nothing else serves.
   */
  readonly alias?: string;
  /** The name as the caller wrote it, for the explanation. */
  readonly requestedModel?: string;
  readonly task?: string;
  /** The task was inferred, not told: it decides the order, but rules nothing out. */
  readonly taskGuessed?: true;
  readonly domain?: string;
  readonly modality?: Modality;
  readonly qualityTier?: QualityTier;
  readonly speedTier?: SpeedTier;
  readonly needs: readonly Need[];
  /** Tokens the prompt needs at least, our estimate; 0 = unknown. */
  readonly contextTokens: number;
  readonly maxOutputTokens?: number;
  /** Worst-case cost of the call. */
  readonly maxCostNanoUsd?: number;
  readonly maxLatencyMs?: number;
  readonly providers?: readonly string[];
  readonly exclude?: readonly string[];
  readonly region?: string;
  /** What the operator allows, whatever the caller asks for. */
  readonly regions?: readonly string[];
  readonly layer?: string;
  /** Only this connection (the caller wrote `openai-eu/gpt-4o`). */
  readonly connection?: string;
  readonly strategy?: Strategy;
}

/** A configured account, as far as choosing needs to know it. */
export interface ConnectionView {
  readonly id: string;
  readonly provider: string;
  readonly layer: string;
  readonly region?: string;
  readonly healthy: boolean;
  /** Serves any model id of its own; unknown ids are passed on unchanged. */
  readonly openEnded: boolean;
  /** Ids it serves beyond the catalog. */
  readonly models?: readonly string[];
  /** Usual time to the first byte, where it has been observed. */
  readonly latencyMs?: number;
  /** For layers that resell other providers' models (`litellm`, `portkey`): the wire id of a foreign offer, undefined = cannot serve it. */
  wireIdFor(offer: Offer): string | undefined;
}

/** An offer on a connection that may serve this request now. */
export interface Candidate {
  readonly offer: Offer;
  readonly connection: ConnectionView;
  /** What to write as `model` on the wire. */
  readonly wireId: string;
}

export interface Scored {
  readonly candidate: Candidate;
  /** Higher is better; comparable only within one decision. */
  readonly score: number;
  /** The parts of the score in words: ['quality flagship', 'speed fast', 'price 12.50 USD/M']. */
  readonly because: readonly string[];
  /** The caller named it; the others are runner-ups. */
  readonly named?: true;
}

export interface Eliminated {
  readonly canonicalId: string;
  readonly providerId: string;
  /** The constraint: 'needs.vision', 'context_tokens', 'providers', 'not configured', 'task' … */
  readonly constraint: string;
  readonly reason: string;
}

export interface Decision {
  /** Digest of question, catalog and connections: equal decisions share one id. */
  readonly id: string;
  readonly catalogVersion: string;
  readonly strategy: Strategy;
  readonly profile: Profile;
  /** Best first. */
  readonly ranked: readonly Scored[];
  readonly eliminated: readonly Eliminated[];
  readonly chosen?: Candidate;
  readonly runnerUp?: Candidate;
  /** When nothing is left: the constraint that removed the last candidates, and the smallest relaxation that gives an answer. */
  readonly deadEnd?: DeadEnd;
}

export interface DeadEnd {
  readonly constraint: string;
  /** What to change, in words. */
  readonly relaxation: string;
  /** The same question with that change: it has an answer. Absent when the change is not the caller's to make (a key, a configuration). */
  readonly relaxed?: Profile;
}
