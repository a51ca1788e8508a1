// What a program asks for.
import type { OutputOf, SchemaInput } from './schema.ts';

export interface TextContent {
  readonly type: 'text';
  readonly text: string;
}

/** One of `url`, `data` (bytes or base64) or `fileId`. */
export interface MediaContent {
  readonly type: 'image' | 'file' | 'audio';
  readonly url?: string;
  readonly data?: Uint8Array | string;
  /** `image/png`; needed with `data`. */
  readonly mediaType?: string;
  readonly fileId?: string;
  readonly filename?: string;
}

/** A model's thinking, to be sent back as it came: some providers refuse a tool result without it. */
export interface ReasoningContent {
  readonly type: 'reasoning';
  readonly text: string;
  readonly signature?: string;
  readonly redacted?: string;
  readonly origin?: string;
}

export type Content = TextContent | MediaContent | ReasoningContent;

export interface MessageToolCall {
  readonly id: string;
  readonly name: string;
  /** As text, or any value, which is then written as JSON. */
  readonly arguments: unknown;
}

export type ChatMessage =
  | { readonly role: 'system' | 'user'; readonly content: string | readonly Content[]; readonly name?: string }
  | { readonly role: 'assistant'; readonly content?: string | readonly Content[]; readonly toolCalls?: readonly MessageToolCall[] }
  | {
      readonly role: 'tool';
      readonly toolCallId: string;
      readonly content: string | readonly Content[];
      readonly isError?: boolean;
    };

export interface ToolDefinition<Name extends string = string, Parameters extends SchemaInput | undefined = SchemaInput | undefined> {
  readonly name: Name;
  readonly description?: string;
  readonly parameters?: Parameters;
  readonly strict?: boolean;
}

/** A tool the model asked for. `arguments` is typed by the tool's schema. */
export interface ToolCall<Name extends string = string, Arguments = unknown> {
  readonly id: string;
  readonly name: Name;
  readonly arguments: Arguments;
  /** As the model wrote them. */
  readonly argumentsText: string;
  /** What the schema found wrong with the arguments: hand it back to the model as the tool's result. */
  readonly problem?: string;
}

export type ToolCallOf<Tools> = Tools extends readonly (infer Definition)[]
  ? Definition extends { readonly name: infer Name extends string }
    ? ToolCall<Name, Definition extends { readonly parameters: infer Parameters } ? OutputOf<Parameters> : unknown>
    : never
  : ToolCall;

export type StrategyName =
  | 'quality-first'
  | 'cost-optimized'
  | 'speed-priority'
  | 'balanced'
  | 'round-robin'
  | 'least-loaded'
  | 'capability-match'
  | 'adaptive';

export type Effort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max';

/** What the Brain may choose from when several models could serve. */
export interface Wishes {
  /** `summarization`, `code_generation` …; without it and without a model it is inferred from the prompt. */
  readonly task?: string;
  readonly domain?: string;
  readonly qualityTier?: 'flagship' | 'strong' | 'draft';
  readonly speedTier?: 'fast' | 'normal' | 'slow';
  readonly maxLatencyMs?: number;
  /** Only models of these providers. */
  readonly onlyProviders?: readonly string[];
  readonly exclude?: readonly string[];
  readonly region?: string;
}

export interface GenerateRequest<
  Schema extends SchemaInput | undefined = SchemaInput | undefined,
  Tools extends readonly ToolDefinition[] | undefined = readonly ToolDefinition[] | undefined,
> extends Wishes {
  /** Alias, canonical id, `provider/model`, or the provider's own id; absent or `auto` = the Brain chooses. */
  readonly model?: string;
  /** One user message. Give this or `messages`. */
  readonly prompt?: string;
  readonly messages?: readonly ChatMessage[];
  /** Goes before the messages. */
  readonly system?: string;
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
  readonly seed?: number;
  readonly stop?: string | readonly string[];
  readonly reasoning?: Effort | { readonly effort?: Effort; readonly budgetTokens?: number };
  readonly tools?: Tools;
  readonly toolChoice?: 'auto' | 'none' | 'required' | { readonly name: string };
  readonly parallelToolCalls?: boolean;
  /** The answer must be JSON of this form; `result.object` has its type. */
  readonly schema?: Schema;
  readonly schemaName?: string;
  /** The answer must be some JSON. */
  readonly json?: boolean;
  /** Models to try when the first fails, in this order; they replace the router's. */
  readonly fallbacks?: readonly string[];
  /** Milliseconds for the whole call with all its attempts. */
  readonly timeout?: number;
  /** Tries beyond the first on one model. */
  readonly retry?: number;
  /** No model whose answer could cost more is chosen. */
  readonly maxCostUsd?: number;
  /** Who the call is for, as providers take it. */
  readonly user?: string;
  readonly signal?: AbortSignal;
}
