// `functionResponse.response` is an object on the wire; a tool's answer is text with us.
import { isObject, type JsonObject, tryParseJson } from '../../core/json.ts';

export interface ResponseText {
  readonly text: string;
  readonly isError: boolean;
}

/** `{output}`, `{result}` and `{error}` are wrappings of a text; anything else is the answer itself. */
export function readResponse(response: JsonObject): ResponseText {
  const [first, ...more] = Object.entries(response);
  if (first !== undefined && more.length === 0) {
    const [name, value] = first;
    // A text that would come back as an object stays wrapped, so that the way there and back changes nothing.
    if (typeof value === 'string' && !isObject(tryParseJson(value))) {
      if (name === 'output') return { text: value, isError: false };
      if (name === 'error') return { text: value, isError: true };
    }
  }
  return { text: JSON.stringify(response), isError: false };
}

export function writeResponse({ text, isError }: ResponseText): JsonObject {
  if (isError) return { error: text };
  const value = tryParseJson(text);
  return isObject(value) ? value : { output: text };
}
