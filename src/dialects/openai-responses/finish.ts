// How a response ended: `status` and `incomplete_details` ⇄ finish reasons.
import type { FinishReason } from '../../canonical/chat.ts';
import { asObject, asString, type JsonObject } from '../../core/json.ts';

export interface SeenContent {
  /** Tool calls that are the client's to run. */
  readonly calls: number;
  readonly refused: boolean;
}

export function decodeFinish(response: JsonObject, seen: SeenContent): FinishReason {
  if (response.status === 'incomplete') {
    return asString(asObject(response.incomplete_details)?.reason) === 'content_filter' ? 'content-filter' : 'length';
  }
  if (seen.calls > 0) return 'tool-calls';
  return seen.refused ? 'refusal' : 'stop';
}

/** The wire's own word, for the record. */
export function finishWord(response: JsonObject): string {
  return asString(asObject(response.incomplete_details)?.reason) ?? asString(response.status) ?? 'completed';
}

export interface WireEnd {
  readonly status: 'completed' | 'incomplete';
  readonly reason?: 'max_output_tokens' | 'content_filter';
}

/** A refusal that is spelt out is a complete answer; one without words was the filter's. */
export function encodeFinish(finish: FinishReason, spoken: { readonly refusal: boolean }): WireEnd {
  if (finish === 'length') return { status: 'incomplete', reason: 'max_output_tokens' };
  if (finish === 'content-filter' || (finish === 'refusal' && !spoken.refusal)) return { status: 'incomplete', reason: 'content_filter' };
  return { status: 'completed' };
}
