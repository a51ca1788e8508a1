// What the sender of a body that is not acceptable reads: what is wrong with it, in which field, and where the grammar broke.
import { GatewayError } from './errors.ts';
import type { JsonKind } from './json-shape.ts';

const quote = 0x22;
const backslash = 0x5c;
/** Paths in texts; a deep body has longer ones. */
const maxFieldLength = 200;

/** From the outside in: an index of an array, or minus the position of a member's name in the body. */
export type PathSteps = readonly number[];

/** `messages[2].content`; empty for the body itself. */
export function fieldAt(bytes: Buffer, steps: PathSteps): string {
  let text = '';
  for (const step of steps) text = step >= 0 ? `${text}[${step}]` : joinField(text, keyAt(bytes, -step));
  return text;
}

function joinField(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** As it stands there, escapes and all. */
function keyAt(bytes: Buffer, start: number): string {
  let end = start + 1;
  while (end < bytes.length && bytes[end] !== quote) end += bytes[end] === backslash ? 2 : 1;
  return bytes.toString('utf8', start + 1, Math.min(end, start + 100));
}

export function emptyBody(): GatewayError {
  return new GatewayError('invalid_json', 'the body is empty; send a JSON object');
}

export function notAnObject(kind: JsonKind): GatewayError {
  return new GatewayError('invalid_request', `the body must be a JSON object, not ${withArticle(kind)}`);
}

/** `at`: byte of the body at which it is no JSON, or none that we accept. */
export function unacceptable(
  what: string,
  { field, at, length }: { readonly field: string; readonly at: number; readonly length: number },
): GatewayError {
  const where = at >= length ? 'at the end of the body' : `at byte ${at}`;
  if (field === '') return new GatewayError('invalid_json', `the body is not acceptable JSON: ${what} (${where})`);
  const param = field.slice(0, maxFieldLength);
  return new GatewayError('invalid_json', `the body is not acceptable JSON: ${what} (${where}, in ${param})`, { param });
}

export function halfCharacter(field: string, at: number): GatewayError {
  return new GatewayError(
    'invalid_json',
    `${field === '' ? 'a member name' : field} has half of a surrogate pair at byte ${at}; the text was cut inside a character`,
    { param: field },
  );
}

/** `rule`: how the sentence goes on that begins with the field. */
export function brokenRule(field: string, rule: string): GatewayError {
  return new GatewayError('invalid_request', `${field} ${rule}`, { param: field });
}

export function wrongKind(field: string, allowed: readonly JsonKind[], kind: JsonKind): GatewayError {
  return brokenRule(field, `must be ${allowed.map(withArticle).join(' or ')}, not ${withArticle(kind)}`);
}

export function missingMember(field: string, name: string): GatewayError {
  return brokenRule(joinField(field, name), 'is missing');
}

function withArticle(kind: JsonKind): string {
  if (kind === 'null') return 'null';
  return kind === 'object' || kind === 'array' ? `an ${kind}` : `a ${kind}`;
}
