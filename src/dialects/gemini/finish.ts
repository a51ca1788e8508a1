// The vendor's finish reasons ⇄ ours.
import type { FinishReason } from '../../canonical/chat.ts';
import { GatewayError } from '../../core/errors.ts';
import type { JsonValue } from '../../core/json.ts';

const finishes: Readonly<Record<string, FinishReason>> = {
  STOP: 'stop',
  FINISH_REASON_UNSPECIFIED: 'stop',
  MAX_TOKENS: 'length',
  SAFETY: 'content-filter',
  RECITATION: 'content-filter',
  LANGUAGE: 'content-filter',
  BLOCKLIST: 'content-filter',
  PROHIBITED_CONTENT: 'content-filter',
  SPII: 'content-filter',
  MODEL_ARMOR: 'content-filter',
  IMAGE_SAFETY: 'content-filter',
  IMAGE_PROHIBITED_CONTENT: 'content-filter',
  IMAGE_RECITATION: 'content-filter',
  MALFORMED_FUNCTION_CALL: 'error',
  UNEXPECTED_TOOL_CALL: 'error',
  TOO_MANY_TOOL_CALLS: 'error',
  MISSING_THOUGHT_SIGNATURE: 'error',
  MALFORMED_RESPONSE: 'error',
  IMAGE_OTHER: 'error',
  NO_IMAGE: 'error',
  OTHER: 'error',
};

/** Undefined for null and anything that is no word. A word newer than this table ends the answer like STOP. */
export function decodeFinish(wire: JsonValue | undefined): FinishReason | undefined {
  if (typeof wire !== 'string' || wire === '') return undefined;
  return Object.hasOwn(finishes, wire) ? finishes[wire] : 'stop';
}

/** The vendor has no word for calls: an answer that holds some ends with STOP. */
export function withCalls(finish: FinishReason, hasCalls: boolean): FinishReason {
  return finish === 'stop' && hasCalls ? 'tool-calls' : finish;
}

export function encodeFinish(finish: FinishReason): string {
  switch (finish) {
    case 'stop':
    case 'tool-calls':
    case 'pause':
      return 'STOP';
    case 'length':
      return 'MAX_TOKENS';
    case 'content-filter':
    case 'refusal':
      return 'SAFETY';
    case 'error':
      return 'OTHER';
  }
}

/** An answer without content that the model failed to make: another try often works. */
export function finishError(wire: JsonValue | undefined): GatewayError {
  return new GatewayError('upstream_error', `the provider ended its answer with ${String(wire)}; send the request again`, {
    ...(typeof wire === 'string' && { upstreamCode: wire }),
  });
}
