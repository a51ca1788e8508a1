// A provider as an object with methods: what a program can write by itself when no declaration fits, and what `createAdapter` makes
// of every declared provider. Nothing here knows HTTP.

export interface ProviderAdapter {
  /** Lower-case with dashes; models are named `id/model`. */
  readonly id: string;
  readonly name?: string;
  /** Is the model there, and does the provider answer? Rejects when not. */
  load(model: string): Promise<void>;
  complete(request: AdapterRequest): Promise<AdapterAnswer>;
  /** Parts as they come; the last one is `finish`. Leaving the loop or aborting `request.signal` stops the call. */
  stream(request: AdapterRequest): AsyncIterable<AdapterPart>;
  /** The headers of a call, credentials included. */
  getHeaders(): Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;
  /** The provider's own answer body, parsed JSON, as an answer. Throws when it is none. */
  parseResponse(body: unknown): AdapterAnswer;
  /** USD; undefined = the price is unknown, never 0 for that. */
  calculateCost(usage: AdapterUsage, model: string): number | undefined;
  listModels(): Promise<readonly string[]>;
}

export interface AdapterMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly text: string;
  readonly images?: readonly { readonly url: string }[];
  readonly toolCalls?: readonly AdapterToolCall[];
  /** Of a tool's result. */
  readonly toolCallId?: string;
}

export interface AdapterToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON. */
  readonly arguments: string;
}

export interface AdapterRequest {
  /** The provider's own id. */
  readonly model: string;
  readonly messages: readonly AdapterMessage[];
  readonly tools?: readonly { readonly name: string; readonly description?: string; readonly parameters?: unknown }[];
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly stop?: readonly string[];
  readonly seed?: number;
  /** JSON Schema of the wanted output. */
  readonly schema?: unknown;
  readonly signal?: AbortSignal;
}

export interface AdapterUsage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedTokens?: number;
  readonly reasoningTokens?: number;
}

export interface AdapterAnswer {
  readonly text: string;
  readonly reasoning?: string;
  readonly toolCalls?: readonly AdapterToolCall[];
  readonly finishReason: 'stop' | 'length' | 'tool-calls' | 'content-filter';
  readonly usage?: AdapterUsage;
}

export type AdapterPart =
  | { readonly type: 'text' | 'reasoning'; readonly text: string }
  | { readonly type: 'tool-call'; readonly toolCall: AdapterToolCall }
  | { readonly type: 'finish'; readonly finishReason: AdapterAnswer['finishReason']; readonly usage?: AdapterUsage };

const methods = ['load', 'complete', 'stream', 'getHeaders', 'parseResponse', 'calculateCost', 'listModels'] as const;

/** An object with an adapter's methods, as against a declaration. */
export function isAdapter(value: object): value is ProviderAdapter {
  return 'complete' in value || 'stream' in value;
}

/** The methods that are missing; none = it is one. */
export function missingMethods(value: object): readonly string[] {
  return methods.filter((name) => typeof (value as Readonly<Record<string, unknown>>)[name] !== 'function');
}
