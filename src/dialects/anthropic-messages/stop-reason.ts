// The vendor's stop reasons ⇄ finish reasons.
import type { FinishReason } from '../../canonical/chat.ts';
import { GatewayError } from '../../core/errors.ts';

const finishes: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool-calls',
  pause_turn: 'pause',
  compaction: 'pause',
  refusal: 'refusal',
};

/** Undefined for null and anything that is no word. A word newer than this table ends the answer like `end_turn`. */
export function decodeStopReason(wire: unknown): FinishReason | undefined {
  if (typeof wire !== 'string' || wire === '') return undefined;
  return Object.hasOwn(finishes, wire) ? finishes[wire] : 'stop';
}

interface Ending {
  readonly reason: FinishReason;
  readonly stopSequence?: string | undefined;
  /** The answer holds a spoken refusal, which other dialects end with an ordinary `stop`. */
  readonly refused: boolean;
}

export function encodeStopReason({ reason, stopSequence, refused }: Ending): string {
  switch (reason) {
    case 'stop':
      if (refused) return 'refusal';
      return stopSequence === undefined ? 'end_turn' : 'stop_sequence';
    case 'length':
      return 'max_tokens';
    case 'tool-calls':
      return 'tool_use';
    case 'content-filter':
    case 'refusal':
      return 'refusal';
    case 'pause':
      return 'pause_turn';
    case 'error':
      // The grammar has no stop reason for it, and any other word would sell a broken answer as a whole one.
      throw new GatewayError('upstream_error', 'the provider ended its answer with an error; send the request again');
  }
}
