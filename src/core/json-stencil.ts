// Reads JSON texts that differ from one another in a few strings only, as the events of a stream do: what surrounds the strings
// is compared instead of parsed. The answer is exactly that of the parser; a text that deviates anywhere else is parsed.
import { asString, isObject, type JsonObject, type JsonValue, type MutableJson, tryParseJson } from './json.ts';

/** Finds the strings that vary: the values of the members of these names. */
export function stringsOf(...names: readonly string[]): RegExp {
  return new RegExp(`"(?:${names.join('|')})":"`, 'g');
}

export class StencilParser {
  readonly #opening: RegExp;
  /** How the last text that had to be parsed begins, up to its first varying string: the next one may be its like. */
  #lastBeginning = '';
  #stencil: Stencil | undefined;

  /** `opening`: of `stringsOf`, made once and not for each stream. */
  constructor(opening: RegExp) {
    this.#opening = opening;
  }

  /** Like `tryParseJson`. Parts of the answer are shared with other answers, so nobody may change them. */
  parse(text: string): JsonValue | undefined {
    const filled = this.#stencil?.fill(text);
    if (filled !== undefined) return filled;
    const value = tryParseJson(text);
    if (isObject(value)) this.#learn(text);
    return value;
  }

  /** A stencil costs two parses, so it is made for the second of two texts that begin alike. */
  #learn(text: string): void {
    this.#opening.lastIndex = 0;
    if (!this.#opening.test(text)) return;
    const beginning = text.slice(0, this.#opening.lastIndex);
    if (beginning === this.#lastBeginning) this.#stencil = cutStencil(text, this.#opening) ?? this.#stencil;
    this.#lastBeginning = copyOf(beginning);
  }
}

/** One varying string: where it stands in the value, and what it said when the stencil was cut. */
interface Slot {
  readonly path: readonly (string | number)[];
  readonly text: string;
}

class Stencil {
  /** The text around the slots: one piece more than there are slots. */
  readonly #between: readonly string[];
  readonly #slots: readonly Slot[];
  readonly #value: JsonObject;

  constructor(between: readonly string[], slots: readonly Slot[], value: JsonObject) {
    this.#between = between;
    this.#slots = slots;
    this.#value = value;
  }

  fill(text: string): JsonObject | undefined {
    let value = this.#value;
    let at = 0;
    for (let index = 0; ; index += 1) {
      const piece = this.#between[index] ?? '';
      const from = at + piece.length;
      // Faster than `startsWith`: the slice is no copy, and equality compares words.
      if (text.slice(at, from) !== piece) return undefined;
      const slot = this.#slots[index];
      if (slot === undefined) return from === text.length ? value : undefined;
      const end = closingQuote(text, from);
      const string = end === -1 ? undefined : readString(text, from, end);
      if (string === undefined) return undefined;
      if (string !== slot.text) value = withString(value, slot.path, string);
      at = end;
    }
  }
}

/** Undefined where the strings are not what varies: inside another string, or overruled by a second member of the same name. */
function cutStencil(text: string, opening: RegExp): Stencil | undefined {
  const between: string[] = [];
  const texts: string[] = [];
  let at = 0;
  opening.lastIndex = 0;
  while (opening.test(text)) {
    const from = opening.lastIndex;
    const end = closingQuote(text, from);
    const string = end === -1 ? undefined : readString(text, from, end);
    if (string === undefined) return undefined;
    between.push(copyOf(text.slice(at, from)));
    texts.push(copyOf(string));
    at = end;
    opening.lastIndex = end;
  }
  between.push(copyOf(text.slice(at)));
  const value = tryParseJson(text);
  // Then it would be no proof.
  if (pathOf(value, probe) !== undefined) return undefined;
  const slots = texts.map((string, index) => findSlot(between, index, string));
  if (!isObject(value) || !slots.every((slot) => slot !== undefined)) return undefined;
  return new Stencil(between, slots, value);
}

const probe = 'a probe that no provider sends';

/** Puts a probe into this place alone and looks where it turns up: that is the proof that the place is this string's and no other's. */
function findSlot(between: readonly string[], index: number, text: string): Slot | undefined {
  const probed = between.reduce((joined, piece, at) => `${joined}${at - 1 === index ? probe : ''}${piece}`);
  const path = pathOf(tryParseJson(probed), probe);
  return path === undefined ? undefined : { path, text };
}

function pathOf(value: JsonValue | undefined, wanted: string): (string | number)[] | undefined {
  if (value === wanted) return [];
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, member] of Object.entries(value)) {
    const path = pathOf(member as JsonValue | undefined, wanted);
    if (path !== undefined) return [Array.isArray(value) ? Number(key) : key, ...path];
  }
  return undefined;
}

/** Characters that stand in a JSON string for themselves. */
// eslint-disable-next-line no-control-regex -- those that the grammar forbids
const plain = /[^"\\\u0000-\u001f]*/y;
const quote = 34;
const backslash = 92;

/** Offset of the quote that ends the JSON string beginning at `from`; -1 without one. */
function closingQuote(text: string, from: number): number {
  let at = from;
  for (;;) {
    plain.lastIndex = at;
    plain.test(text);
    at = plain.lastIndex;
    const code = text.charCodeAt(at);
    if (code === quote) return at;
    if (code !== backslash) return -1;
    at += 2;
  }
}

function readString(text: string, from: number, end: number): string | undefined {
  const spelled = text.slice(from, end);
  return spelled.includes('\\') ? asString(tryParseJson(text.slice(from - 1, end + 1))) : spelled;
}

/** A copy of what lies on the way to the string; all else is shared. */
function withString(value: JsonObject, path: readonly (string | number)[], text: string): JsonObject {
  const copy: MutableJson = { ...value };
  let place: MutableJson = copy;
  const last = path.length - 1;
  for (let depth = 0; depth < last; depth += 1) {
    const key = path[depth] as keyof MutableJson;
    const member = place[key];
    const next = Array.isArray(member) ? [...(member as unknown[])] : { ...(member as JsonObject) };
    place[key] = next;
    place = next as MutableJson;
  }
  place[path[last] as keyof MutableJson] = text;
  return copy as JsonObject;
}

/** A copy of its own: a slice would keep the whole network read alive. */
function copyOf(text: string): string {
  return Buffer.from(text).toString();
}
