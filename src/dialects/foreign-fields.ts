// What a caller said in words of its own grammar that no canonical field has: an encoder of another grammar must warn of each.
import type { ChatRequest, DialectId } from '../canonical/chat.ts';

/** Members of the caller's body that only grammars other than these know. Null and false say what happens anyway. */
export function foreignFields(request: ChatRequest, ...known: readonly DialectId[]): readonly string[] {
  return Object.entries(request.extensions ?? {}).flatMap(([dialect, members]) =>
    // The decoders of these grammars have said so themselves.
    dialect === 'gemini' || dialect === 'openai-responses' || known.some((id) => id === dialect)
      ? []
      : Object.entries(members).flatMap(([field, value]) => (value === null || value === false ? [] : [field])),
  );
}
