// The one language inside for chat: wide enough for every dialect. Dialect-only fields travel in `extensions`.
import type { JsonObject, JsonValue } from '../core/json.ts';
import type { Usage } from './usage.ts';

/** Grammars that upstreams speak. */
export type DialectId =
  | 'openai-chat'
  | 'openai-responses'
  | 'anthropic-messages'
  | 'gemini'
  | 'bedrock-converse'
  | 'cohere-v2'
  | 'http-template';
/**
 * Grammars that clients speak. All but the last three have upstreams of their own; those are served by models of every other.
 * `library` is a program that calls the gateway as an object.
 */
export type ClientDialectId = Exclude<DialectId, 'bedrock-converse' | 'http-template'> | 'openai-completions' | 'ollama' | 'library';

export interface ChatRequest {
  /** The grammar it came in: warnings name a field as the caller wrote it. */
  readonly dialect?: ClientDialectId;
  /** As the caller named it; the encoder writes the upstream's id instead. */
  readonly model: string;
  readonly messages: readonly Message[];
  readonly tools?: readonly Tool[];
  readonly toolChoice?: ToolChoice;
  readonly parallelToolCalls?: boolean;
  readonly output?: OutputFormat;
  readonly maxOutputTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
  readonly seed?: number;
  readonly stop?: readonly string[];
  /** Number of answers asked for (`n`). */
  readonly count?: number;
  readonly reasoning?: ReasoningWish;
  readonly endUser?: string;
  readonly stream: boolean;
  /** The caller wants a usage chunk at the end of the stream (always true where the dialect always sends one). */
  readonly includeUsage: boolean;
  /** Top-level fields the canonical form has no word for, by the dialect they came in. */
  readonly extensions?: Partial<Record<ClientDialectId | DialectId, JsonObject>>;
}

export interface ReasoningWish {
  readonly enabled?: boolean;
  readonly effort?: 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max';
  readonly budgetTokens?: number;
  /** The model decides how much to think (Anthropic `thinking.type: adaptive`). */
  readonly adaptive?: boolean;
}

export type OutputFormat =
  | { readonly kind: 'json' }
  | {
      readonly kind: 'json-schema';
      readonly name: string;
      readonly schema: JsonObject;
      readonly strict?: boolean;
      readonly description?: string;
    };

export interface Tool {
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of the arguments; absent = no parameters. */
  readonly parameters?: JsonObject;
  readonly strict?: boolean;
  readonly cache?: CacheMark;
  /**
   * It takes free text instead of JSON (OpenAI's custom tools), as the Responses grammar says it; `parameters` are the same for
   * everyone else: one text called `input`.
   */
  readonly freeText?: JsonObject;
  /** A tool the provider runs itself (web search …): carried verbatim within its own dialect, a warning elsewhere. */
  readonly providerTool?: { readonly dialect: DialectId; readonly wire: JsonObject };
}

export type ToolChoice = { readonly kind: 'auto' | 'none' | 'required' } | { readonly kind: 'tool'; readonly name: string };

/** A prompt-cache breakpoint after the part, tool or message that carries it. */
export interface CacheMark {
  readonly ttl?: '5m' | '1h';
}

export interface Message {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly parts: readonly Part[];
  /** OpenAI's participant name. */
  readonly name?: string;
}

export type Part =
  /** `signature` (on tool calls too) proves the thinking that led to the part: Gemini demands its own back, nobody else knows it. */
  | { readonly type: 'text'; readonly text: string; readonly signature?: string; readonly cache?: CacheMark }
  | { readonly type: 'image'; readonly source: MediaSource; readonly detail?: string; readonly cache?: CacheMark }
  | { readonly type: 'file'; readonly source: MediaSource; readonly filename?: string; readonly cache?: CacheMark }
  | { readonly type: 'audio'; readonly source: MediaSource; readonly cache?: CacheMark }
  /** Thinking that must go back untouched: `signature` proves it; `redacted` holds an opaque block. `origin` is the dialect that made it. */
  | {
      readonly type: 'reasoning';
      readonly text: string;
      readonly signature?: string;
      readonly redacted?: string;
      readonly origin?: DialectId;
    }
  | {
      readonly type: 'tool-call';
      readonly id: string;
      readonly name: string;
      readonly arguments: string;
      readonly signature?: string;
      readonly cache?: CacheMark;
    }
  | {
      readonly type: 'tool-result';
      readonly callId: string;
      readonly parts: readonly Part[];
      readonly isError?: boolean;
      readonly cache?: CacheMark;
    }
  | { readonly type: 'refusal'; readonly text: string }
  /** A block only its own dialect understands (server tool use, documents with citations …), carried verbatim. */
  | { readonly type: 'opaque'; readonly dialect: DialectId; readonly wire: JsonObject };

export type MediaSource =
  /** `mediaType` where the caller told it: only some grammars do. */
  | { readonly kind: 'url'; readonly url: string; readonly mediaType?: string }
  /** Base64 without the data-URL prefix. */
  | { readonly kind: 'base64'; readonly mediaType: string; readonly data: string }
  | { readonly kind: 'file-id'; readonly id: string };

export type FinishReason = 'stop' | 'length' | 'tool-calls' | 'content-filter' | 'refusal' | 'pause' | 'error';

export interface ChatResponse {
  readonly id: string;
  /** The model name the upstream put into its answer. */
  readonly model: string;
  /** Unix seconds; 0 when the dialect has none. */
  readonly created: number;
  /** Usually one; more only when the request asked for `n` > 1. */
  readonly choices: readonly Choice[];
  /** Undefined when the upstream sent none: the ledger then estimates. */
  readonly usage?: Usage;
  readonly extensions?: Partial<Record<DialectId, JsonObject>>;
}

export interface Choice {
  readonly index: number;
  readonly parts: readonly Part[];
  readonly finish: FinishReason;
  /** Which stop sequence matched, where the dialect tells. */
  readonly stopSequence?: string;
  /** Text annotations (citations), verbatim from the dialect that made them. */
  readonly annotations?: readonly JsonValue[];
}

/**
 * A stream as events. `block` is our own dense counter of content blocks; a `tool-call-start` opens a block
 * that `tool-call-delta`s of the same number continue. `choice` is absent for the first answer.
 */
export type ChatEvent =
  | { readonly type: 'start'; readonly id: string; readonly model: string; readonly created: number; readonly usage?: Usage }
  | {
      readonly type: 'text-delta';
      readonly block: number;
      readonly text: string;
      /** Gemini's, as on the parts; comes with the last text of its part. */
      readonly signature?: string;
      readonly choice?: number;
    }
  | { readonly type: 'refusal-delta'; readonly block: number; readonly text: string; readonly choice?: number }
  | {
      readonly type: 'reasoning-delta';
      readonly block: number;
      readonly text: string;
      /** Gemini's; those of other dialects come as `reasoning-signature`. */
      readonly signature?: string;
      readonly choice?: number;
    }
  | { readonly type: 'reasoning-signature'; readonly block: number; readonly signature: string; readonly choice?: number }
  | { readonly type: 'reasoning-redacted'; readonly block: number; readonly data: string; readonly choice?: number }
  | {
      readonly type: 'tool-call-start';
      readonly block: number;
      readonly id: string;
      readonly name: string;
      readonly signature?: string;
      readonly choice?: number;
    }
  | { readonly type: 'tool-call-delta'; readonly block: number; readonly arguments: string; readonly choice?: number }
  | { readonly type: 'block-end'; readonly block: number; readonly choice?: number }
  /** Dialect-only content (server tools, citations): carried within the dialect, dropped with a warning elsewhere. */
  | { readonly type: 'opaque'; readonly dialect: DialectId; readonly wire: JsonObject }
  | { readonly type: 'finish'; readonly reason: FinishReason; readonly stopSequence?: string; readonly choice?: number }
  /** At most once, after the last finish, with the final numbers. */
  | { readonly type: 'usage'; readonly usage: Usage };
