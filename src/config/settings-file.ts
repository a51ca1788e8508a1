// mpc.yaml as plain values, with the place of each for messages. Whole values of the form ${NAME} come from the environment.
import { basename, dirname } from 'node:path';
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { Problem } from './problems.ts';

export type FilePath = readonly (string | number)[];

export interface SettingsFile {
  /** Absolute path. */
  readonly path: string;
  readonly directory: string;
  readonly root: Readonly<Record<string, unknown>>;
  /** `mpc.yaml:3:5`: where the key of that path stands, or the nearest one above it. */
  locate(path: FilePath): string;
}

export function parseSettingsFile(path: string, text: string, problems: Problem[]): SettingsFile {
  const name = basename(path);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  for (const error of document.errors) {
    const { line, col } = lines.linePos(error.pos[0]);
    problems.push({ at: `${name}:${line}:${col}`, path: '', message: `not YAML: ${error.message}` });
  }
  const value: unknown = document.errors.length > 0 ? {} : document.toJS({ maxAliasCount: 100 });
  const root = value ?? {};
  if (!isRecord(root)) problems.push({ at: `${name}:1:1`, path: '', message: 'must be a map of settings' });
  return {
    path,
    directory: dirname(path),
    root: isRecord(root) ? root : {},
    locate(wanted) {
      const offset = offsetOf(document.contents, wanted);
      const { line, col } = lines.linePos(offset);
      return `${name}:${Math.max(line, 1)}:${Math.max(col, 1)}`;
    },
  };
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `connections[1].base_url`. */
export function dotted(path: FilePath): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('');
}

function offsetOf(contents: unknown, path: FilePath): number {
  let node = contents as Node | null | undefined;
  let offset = node?.range?.[0] ?? 0;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
      if (pair === undefined) return offset;
      offset = (pair.key as Node).range?.[0] ?? offset;
      node = pair.value as Node | null;
    } else if (isSeq(node)) {
      node = node.items[Number(step)] as Node | undefined;
      offset = node?.range?.[0] ?? offset;
    } else {
      return offset;
    }
  }
  return offset;
}
