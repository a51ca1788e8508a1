// What a program gets.
import type { AttemptRecord } from '../canonical/attempt-record.ts';
import type { ChatMessage, ToolCallOf, ToolDefinition } from './request.ts';
import type { OutputOf, SchemaInput } from './schema.ts';

export interface TokenUsage {
  /** All input, cache reads and writes included. */
  readonly promptTokens: number;
  /** All output, reasoning included. */
  readonly completionTokens: number;
  readonly totalTokens: number;
  readonly cachedTokens: number;
  readonly cacheWriteTokens: number;
  readonly reasoningTokens: number;
  /** Counted by us, because the provider said nothing. */
  readonly estimated: boolean;
}

export type FinishReason = 'stop' | 'length' | 'tool-calls' | 'content-filter' | 'refusal' | 'pause' | 'error';

export interface ResultMetadata {
  readonly requestId: string;
  /** The provider's id of the model: `openai/gpt-4o`. */
  readonly providerModel: string;
  readonly connection: string;
  readonly layer: string;
  /** Every upstream call, the one that answered last. */
  readonly attempts: readonly AttemptRecord[];
  /** Integer nano-USD; null = the price is unknown. */
  readonly costNanoUsd: number | null;
  /** What could not be carried to the provider or back. */
  readonly warnings: readonly string[];
  readonly decisionId?: string;
  readonly firstByteMs?: number;
  readonly totalMs: number;
}

export interface GenerateResult<
  Schema extends SchemaInput | undefined = SchemaInput | undefined,
  Tools extends readonly ToolDefinition[] | undefined = readonly ToolDefinition[] | undefined,
> {
  readonly text: string;
  /** Canonical id of the model that answered: `openai-gpt-4o-main`. */
  readonly model: string;
  readonly provider: string;
  readonly usage: TokenUsage;
  /** USD; null = the price is unknown, never 0 for that. */
  readonly cost: number | null;
  readonly finishReason: FinishReason;
  /** The thinking that the provider showed. */
  readonly reasoning: string;
  readonly toolCalls: readonly ToolCallOf<Tools>[];
  /** The parsed answer; undefined without a schema, or when the model called a tool instead of answering. */
  readonly object: undefined extends Tools ? OutputOf<Schema> : OutputOf<Schema> | undefined;
  /** The answer as a message, to go on with. */
  readonly message: ChatMessage;
  readonly metadata: ResultMetadata;
  /** ISO 8601, of the request. */
  readonly timestamp: string;
}

/** `text` is what to show: empty for parts that are not shown. */
export type StreamPart<
  Schema extends SchemaInput | undefined = SchemaInput | undefined,
  Tools extends readonly ToolDefinition[] | undefined = readonly ToolDefinition[] | undefined,
> =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  | { readonly type: 'tool-call'; readonly text: ''; readonly toolCall: ToolCallOf<Tools> }
  | { readonly type: 'finish'; readonly text: ''; readonly result: GenerateResult<Schema, Tools> };

export interface ModelInfo {
  /** Canonical id; `connection/model` for what the catalog does not know. */
  readonly id: string;
  readonly providerModel: string;
  readonly provider: string;
  readonly connections: readonly string[];
  readonly aliases: readonly string[];
  readonly modality: readonly string[];
  readonly qualityTier?: string;
  readonly speedTier?: string;
  readonly supports: Readonly<Record<string, boolean>>;
  /** USD per million tokens; absent = unknown. */
  readonly inputUsdPerMillion?: number;
  readonly outputUsdPerMillion?: number;
  readonly contextTokens?: number;
  readonly maxOutputTokens?: number;
}

export interface LoadedModel {
  readonly model: string;
  readonly providerModel: string;
  readonly provider: string;
  readonly connection: string;
  /** Whether the provider's own list has it; undefined when it has no list. */
  readonly listed: boolean | undefined;
}

/** What `maxCostUsd` has come to. */
export interface BudgetState {
  readonly limitUsd: number;
  readonly spentUsd: number;
  /** Of calls under way, at their worst. */
  readonly heldUsd: number;
}
