// The simulator's token: every started four UTF-16 units of text. Simple enough to check by hand, and cheap on long prompts.

export const charsPerToken = 4;
/** What a message costs besides its text, as chat templates add role markers. */
export const tokensPerMessage = 4;
export const tokensPerImage = 256;

export function countTokens(text: string): number {
  return Math.ceil(text.length / charsPerToken);
}

/** The first `tokens` tokens of the text. */
export function cutToTokens(text: string, tokens: number): string {
  const end = tokens * charsPerToken;
  return end >= text.length ? text : text.slice(0, wholeCharacterEnd(text, end));
}

/** The text in pieces of `tokensPerPiece` tokens; '' gives none. */
export function splitTokens(text: string, tokensPerPiece: number): readonly string[] {
  const step = tokensPerPiece * charsPerToken;
  const pieces: string[] = [];
  for (let start = 0; start < text.length; ) {
    const end = start + step >= text.length ? text.length : wholeCharacterEnd(text, start + step);
    pieces.push(text.slice(start, end));
    start = end;
  }
  return pieces;
}

/** A cut between the halves of a surrogate pair would put two broken characters on the wire. */
function wholeCharacterEnd(text: string, end: number): number {
  const unit = text.charCodeAt(end - 1);
  return unit >= 0xd800 && unit <= 0xdbff ? end - 1 : end;
}
