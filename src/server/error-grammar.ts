// A failure in the words of whoever asked: OpenAI's, Anthropic's or those of the /api family.
import { type ErrorCode, failures, type GatewayError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { anthropicMessages } from '../dialects/anthropic-messages/index.ts';
import { cohereV2 } from '../dialects/cohere-v2/index.ts';
import { gemini } from '../dialects/gemini/index.ts';
import { ollamaChat } from '../dialects/ollama/index.ts';
import { openaiChat } from '../dialects/openai-chat/index.ts';

export type ErrorGrammar = (error: GatewayError, requestId: string) => { readonly status: number; readonly body: JsonObject };

export const openaiGrammar: ErrorGrammar = (error, requestId) => ({ status: error.status, body: openaiChat.encodeError(error, requestId) });

/**
 * Codex, which speaks to /v1/responses, stops at once for 429 `insufficient_quota` and sends 402 six times (seen 2026-08); the
 * tools behind the other paths stop for 402.
 */
export const responsesGrammar: ErrorGrammar = (error, requestId) => ({
  status: failures[error.code].openai === 'insufficient_quota' ? 429 : error.status,
  body: openaiChat.encodeError(error, requestId),
});

/** Anthropic's SDKs know 529 as "overloaded"; 503 would be a plain server error to them. */
export const anthropicGrammar: ErrorGrammar = (error, requestId) => ({
  status: error.code === 'upstream_overloaded' ? 529 : error.status,
  body: anthropicMessages.encodeError(error, requestId),
});

export const geminiGrammar: ErrorGrammar = (error, requestId) => ({ status: error.status, body: gemini.encodeError(error, requestId) });

export const cohereGrammar: ErrorGrammar = (error, requestId) => ({ status: error.status, body: cohereV2.encodeError(error, requestId) });

export const ollamaGrammar: ErrorGrammar = (error, requestId) => ({ status: error.status, body: ollamaChat.encodeError(error, requestId) });

/** Statuses of the /api family that differ from the table: its clients know an unknown model as bad input. */
const apiStatuses: Partial<Record<ErrorCode, number>> = { unknown_model: 400, model_not_configured: 400, upstream_overloaded: 502 };

export const apiGrammar: ErrorGrammar = (error, requestId) => {
  const { extra, param } = error.details;
  return {
    status: apiStatuses[error.code] ?? error.status,
    body: {
      error: shortTitle(error),
      message: error.message,
      code: error.code,
      type: failures[error.code].openai,
      ...(param !== undefined && { param }),
      request_id: requestId,
      ...(extra as JsonObject | undefined),
    },
  };
};

/** Clients of the family compare this sentence. */
function shortTitle(error: GatewayError): string {
  return error.code === 'unknown_model' ? `Unknown model alias: ${String(error.details.extra?.['model'] ?? '')}` : error.code;
}
