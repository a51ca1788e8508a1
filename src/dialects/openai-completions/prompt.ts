// The prompt in the forms that the API has for it, of which a chat model can take one: a text.
import { GatewayError } from '../../core/errors.ts';
import { isObject, type JsonValue } from '../../core/json.ts';

/** The prompt's text. Throws `invalid_request` for token ids and for several prompts, with what to send instead. */
export function readPrompt(prompt: JsonValue | undefined): string {
  if (typeof prompt === 'string') return readText(prompt);
  if (prompt === undefined || prompt === null) throw invalidPrompt('is missing; send a text');
  if (!Array.isArray(prompt)) throw invalidPrompt(`must be a text, not ${isObject(prompt) ? 'an object' : `a ${typeof prompt}`}`);
  const [first] = prompt as readonly JsonValue[];
  if (typeof first === 'number' || Array.isArray(first)) {
    throw invalidPrompt('holds token ids, which mean nothing to another model; send the text itself');
  }
  if (prompt.length > 1) throw invalidPrompt(`holds ${prompt.length} prompts; send one prompt per request`);
  if (typeof first !== 'string') throw invalidPrompt('is an empty list; send a text');
  return readText(first);
}

function readText(text: string): string {
  if (text === '') throw invalidPrompt('is empty; send a text');
  return text;
}

function invalidPrompt(problem: string): GatewayError {
  return new GatewayError('invalid_request', `prompt ${problem}`, { param: 'prompt' });
}
