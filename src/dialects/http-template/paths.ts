// Where something stands in an answer: `$.output[0].text`, `/output/0/text`, with `*` for all of a list. Nothing is evaluated.
import type { JsonValue } from '../../core/json.ts';

export type Path = readonly (string | number | '*')[];

/** Undefined when the text is no path. */
export function parsePath(text: string): Path | undefined {
  if (text === '' || text === '$') return [];
  if (text.startsWith('/')) {
    return text
      .slice(1)
      .split('/')
      .map((step) => toStep(step.replaceAll('~1', '/').replaceAll('~0', '~')));
  }
  const steps: (string | number | '*')[] = [];
  const rest = text.startsWith('$') ? text.slice(1) : `.${text}`;
  const step = /\.([A-Za-z_][\w-]*)|\[(\d+|\*)\]|\["([^"]+)"\]|\['([^']+)'\]/y;
  for (let at = 0; at < rest.length; at = step.lastIndex) {
    step.lastIndex = at;
    const match = step.exec(rest);
    if (match === null) return undefined;
    steps.push(match[1] ?? match[3] ?? match[4] ?? toStep(match[2] ?? ''));
  }
  return steps;
}

function toStep(step: string): string | number {
  return /^\d{1,9}$/.test(step) ? Number(step) : step;
}

/** Everything that stands there: one value, or as many as a `*` finds. */
export function readPath(value: JsonValue | undefined, path: Path): readonly JsonValue[] {
  let found: readonly JsonValue[] = value === undefined ? [] : [value];
  for (const step of path) found = found.flatMap((one) => descend(one, step));
  return found;
}

function descend(value: JsonValue, step: string | number): readonly JsonValue[] {
  if (typeof value !== 'object' || value === null) return [];
  if (step === '*') return Array.isArray(value) ? (value as readonly JsonValue[]) : [];
  if (Array.isArray(value) && typeof step !== 'number') return [];
  // Own members only: `constructor` is none.
  const member = Object.hasOwn(value, step) ? (value as Readonly<Record<string | number, JsonValue | undefined>>)[step] : undefined;
  return member === undefined ? [] : [member];
}
