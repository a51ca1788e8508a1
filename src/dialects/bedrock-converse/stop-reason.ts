// The grammar's stop reasons → finish reasons.
import type { FinishReason } from '../../canonical/chat.ts';
import { asObject, asString, type JsonValue } from '../../core/json.ts';

const finishes: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool-calls',
  guardrail_intervened: 'content-filter',
  content_filtered: 'content-filter',
  refusal: 'refusal',
  malformed_model_output: 'error',
  malformed_tool_use: 'error',
};

/** Undefined for null and anything that is no word. A word newer than this table ends the answer like `end_turn`. */
export function decodeStopReason(wire: unknown): FinishReason | undefined {
  if (typeof wire !== 'string' || wire === '') return undefined;
  return Object.hasOwn(finishes, wire) ? finishes[wire] : 'stop';
}

/** Claude tells which sequence matched in its own field, on streams one level deeper. */
export function readStopSequence(additional: JsonValue | undefined): string | undefined {
  const fields = asObject(additional);
  return asString(fields?.stop_sequence) ?? asString(asObject(fields?.delta)?.stop_sequence);
}
