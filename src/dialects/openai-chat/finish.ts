// Finish reasons: the many words of OpenAI-compatible providers ⇄ ours.
import type { FinishReason } from '../../canonical/chat.ts';
import { GatewayError } from '../../core/errors.ts';

/** Lower-case wire word → reason. What is not here counts as `stop`: a client that sees an unknown word may ask again for ever. */
const reasons: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  eos: 'stop', // Together, older models
  end_turn: 'stop',
  stop_sequence: 'stop',
  length: 'length',
  model_length: 'length', // Mistral
  max_tokens: 'length',
  tool_calls: 'tool-calls',
  tool_use: 'tool-calls',
  function_call: 'tool-calls',
  content_filter: 'content-filter',
  content_filtered: 'content-filter',
  safety: 'content-filter',
  refusal: 'refusal',
  error: 'error',
  insufficient_system_resource: 'error', // DeepSeek
};

/** Undefined for null, '' and anything that is no word: the answer is not finished. */
export function decodeFinish(wire: unknown): FinishReason | undefined {
  if (typeof wire !== 'string' || wire === '') return undefined;
  const word = wire.toLowerCase();
  return Object.hasOwn(reasons, word) ? reasons[word] : 'stop';
}

/** vLLM puts the matched stop text into `stop_reason`, proxies a finish word: only the first is a stop sequence. */
export function isFinishWord(text: string): boolean {
  return Object.hasOwn(reasons, text.toLowerCase());
}

/** The words every client knows; others make agents loop (opencode sends hundreds of requests a minute). */
export const legalFinishes: ReadonlySet<string> = new Set(['stop', 'length', 'tool_calls', 'content_filter', 'function_call']);

const words: Readonly<Record<FinishReason, string>> = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  'content-filter': 'content_filter',
  refusal: 'content_filter',
  // The provider paused a turn of its own tools; this grammar has no word for it, and the answer so far is whole.
  pause: 'stop',
  error: 'stop',
};

/** A refusal that is spelt out in `refusal` ends with `stop`, as OpenAI does it; one without words is `content_filter`. */
export function encodeFinish(reason: FinishReason, spoken: { readonly refusal: boolean }): string {
  return reason === 'refusal' && spoken.refusal ? 'stop' : words[reason];
}

/** What stands behind a finish reason that is a failure. */
export function finishError(wire: unknown): GatewayError {
  const overloaded = wire === 'insufficient_system_resource';
  return new GatewayError(
    overloaded ? 'upstream_overloaded' : 'upstream_error',
    overloaded ? 'the provider ran out of resources while answering' : 'the provider ended its answer with an error',
    { ...(typeof wire === 'string' && { upstreamCode: wire }) },
  );
}
