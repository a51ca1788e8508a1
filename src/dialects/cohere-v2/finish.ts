// Cohere's finish reasons ⇄ ours.
import type { FinishReason } from '../../canonical/chat.ts';
import type { Warning } from '../../canonical/warning.ts';

const reasons: Readonly<Record<string, FinishReason>> = {
  COMPLETE: 'stop',
  STOP_SEQUENCE: 'stop',
  MAX_TOKENS: 'length',
  TOOL_CALL: 'tool-calls',
  ERROR: 'error',
  TIMEOUT: 'error',
  // The first version's words, which servers behind other clouds still send.
  ERROR_LIMIT: 'length',
  ERROR_TOXIC: 'content-filter',
  USER_CANCEL: 'error',
};

/** Undefined for null and anything that is no word: the answer is not finished. A word newer than this table ends it like COMPLETE. */
export function decodeFinish(wire: unknown): FinishReason | undefined {
  if (typeof wire !== 'string' || wire === '') return undefined;
  return Object.hasOwn(reasons, wire) ? reasons[wire] : 'stop';
}

/** Undefined where a word of the grammar says it. */
export function lostFinish(reason: FinishReason): Warning | undefined {
  if (reason !== 'content-filter' && reason !== 'refusal') return undefined;
  return { field: 'finish_reason', kind: 'changed', message: 'the model refused; this dialect has no word for it and says COMPLETE' };
}

export function encodeFinish(reason: FinishReason, matched: { readonly stopSequence?: string | undefined } = {}): string {
  switch (reason) {
    case 'length':
      return 'MAX_TOKENS';
    case 'tool-calls':
      return 'TOOL_CALL';
    case 'error':
      return 'ERROR';
    case 'stop':
      return matched.stopSequence === undefined ? 'COMPLETE' : 'STOP_SEQUENCE';
    // The grammar has no words for these; what was said is complete.
    case 'content-filter':
    case 'refusal':
    case 'pause':
      return 'COMPLETE';
  }
}
