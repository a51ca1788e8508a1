// Keys and header values as they go on the wire. A stray line break or quote would fail at the first call with a riddle.

export type ReadText = { readonly value: string } | { readonly wrong: string };

export function readCredential(text: string): ReadText {
  const value = text.trim();
  if (value === '') return { wrong: 'is empty' };
  if (/^["'].*["']$/.test(value)) return { wrong: 'stands in quotes; remove them' };
  // The value itself is not shown: it is nearly a key.
  if (!/^[\x21-\x7e]+$/.test(value)) return { wrong: 'has spaces or characters that no key has' };
  return { value };
}

export function readHeader(name: string, text: string): ReadText {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) return { wrong: 'is not a header name' };
  if (!/^[\x20-\x7e\t]*$/.test(text)) return { wrong: 'has characters that a header cannot carry' };
  return { value: text.trim() };
}
