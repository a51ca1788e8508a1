// A token count without a tokenizer: good enough to choose a model and to reserve a budget, never to bill.

/**
 * Characters per token. English prose has about 4.2, code and JSON about 3.3; a little below the mean, so that
 * a prompt rarely turns out longer than estimated.
 */
const charsPerToken = 3.6;

/** The tokens a text of this many characters takes, rounded up. */
export function estimateTokens(chars: number): number {
  return chars > 0 ? Math.ceil(chars / charsPerToken) : 0;
}
