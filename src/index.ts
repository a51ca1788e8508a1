// What `import … from 'mpc-api'` gives: the router, its types, and what one needs to add a provider.
export type { AttemptRecord } from './canonical/attempt-record.ts';
export type { UsageUnit } from './canonical/usage.ts';
export type { Overlay } from './catalog/records.ts';
export type { ErrorCode } from './core/errors.ts';
export { version } from './core/version.ts';
export type { Entry } from './ledger/entry.ts';
export { createAdapter } from './library/create-adapter.ts';
export { LLMError, type LLMErrorCode } from './library/llm-error.ts';
export { LLMRouter, type RouterEvents } from './library/llm-router.ts';
export type { ProviderAccount, RouterOptions, Strategy, StrategyCandidate, StrategyFunction } from './library/options.ts';
export type {
  ChatMessage,
  Content,
  Effort,
  GenerateRequest,
  MediaContent,
  MessageToolCall,
  ReasoningContent,
  StrategyName,
  TextContent,
  ToolCall,
  ToolDefinition,
} from './library/request.ts';
export type {
  BudgetState,
  FinishReason,
  GenerateResult,
  LoadedModel,
  ModelInfo,
  ResultMetadata,
  StreamPart,
  TokenUsage,
} from './library/result.ts';
export type { OutputOf, SchemaInput, TypedSchema } from './library/schema.ts';
export type {
  AdapterAnswer,
  AdapterMessage,
  AdapterPart,
  AdapterRequest,
  AdapterToolCall,
  AdapterUsage,
  ProviderAdapter,
} from './providers/adapter.ts';
export { defineProvider, type KnownProvider, type ProviderDefinition } from './providers/index.ts';
