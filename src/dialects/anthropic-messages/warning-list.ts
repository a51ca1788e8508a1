// Warnings of one encoding, each said once: a hundred replayed messages with the same loss are one line in the answer's header.
import type { Warning } from '../../canonical/warning.ts';

export interface WarningList {
  readonly all: readonly Warning[];
  dropped(field: string, message: string): void;
  changed(field: string, message: string): void;
  emulated(field: string, message: string): void;
}

export function createWarningList(): WarningList {
  const all: Warning[] = [];
  const said = new Set<string>();
  const add = (kind: Warning['kind'], field: string, message: string): void => {
    const key = `${kind} ${field} ${message}`;
    if (said.has(key)) return;
    said.add(key);
    all.push({ field, kind, message });
  };
  return {
    all,
    dropped: (field, message) => add('dropped', field, message),
    changed: (field, message) => add('changed', field, message),
    emulated: (field, message) => add('emulated', field, message),
  };
}
