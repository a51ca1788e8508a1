// Arguments of a streamed call arrive as values with a JSON path each (`$.items[0].name`); text values come in pieces. They are folded
// into one object here, which becomes the call's arguments when the call is complete.
import { asNumber, asString, type JsonObject, type MutableJson } from '../../core/json.ts';
import { member } from './member.ts';

/** A path from upstream could otherwise ask for a list of a billion holes. */
const maxIndex = 10_000;

type Step = string | number;

export class PartialArgs {
  // Without a prototype, so that `__proto__` is a name like any other.
  readonly #root: MutableJson = Object.create(null) as MutableJson;

  add(piece: JsonObject): void {
    const steps = readPath(asString(member(piece, 'jsonPath')) ?? '');
    const last = steps.at(-1);
    if (last === undefined) return;
    let at: MutableJson = this.#root;
    for (const [index, step] of steps.slice(0, -1).entries()) {
      if (!fits(at, step)) return;
      at = descend(at, step, typeof steps[index + 1] === 'number');
    }
    if (!fits(at, last)) return;
    const text = asString(member(piece, 'stringValue'));
    if (text === undefined) {
      const value = readValue(piece);
      if (value !== undefined) at[last] = value;
      return;
    }
    const before = at[last];
    at[last] = typeof before === 'string' ? before + text : text;
  }

  /** Whole members of the call itself, as servers send that do not stream them. */
  assign(args: JsonObject): void {
    for (const [name, value] of Object.entries(args)) this.#root[name] = value;
  }

  toText(): string {
    return JSON.stringify(this.#root);
  }
}

function readValue(piece: JsonObject): number | boolean | null | undefined {
  const number = asNumber(member(piece, 'numberValue'));
  if (number !== undefined) return number;
  const flag = member(piece, 'boolValue');
  if (typeof flag === 'boolean') return flag;
  // The enum of protocol buffers' null.
  return 'nullValue' in piece || 'null_value' in piece ? null : undefined;
}

/** Lists have numbers only: a name like `__proto__` would reach what all lists share. */
function fits(at: MutableJson, step: Step): boolean {
  return !Array.isArray(at) || typeof step === 'number';
}

function descend(at: MutableJson, step: Step, wantsList: boolean): MutableJson {
  const inside = at[step];
  if (typeof inside === 'object' && inside !== null) return inside as MutableJson;
  const made = (wantsList ? [] : Object.create(null)) as MutableJson;
  at[step] = made;
  return made;
}

function readPath(path: string): Step[] {
  const steps: Step[] = [];
  for (const [, name, index, quoted] of path.matchAll(/\.([^.[\]]+)|\[(\d+)\]|\[['"](.*?)['"]\]/g)) {
    if (index !== undefined) steps.push(Math.min(Number(index), maxIndex));
    else steps.push(name ?? quoted ?? '');
  }
  return steps;
}
