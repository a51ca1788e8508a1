// OpenAI takes tool names of at most 64 characters from a small alphabet; other grammars allow more. Names that do not fit are
// replaced, the same way everywhere in a request, and given back in the answer.
import type { ChatRequest } from '../../canonical/chat.ts';

const legal = /^[a-zA-Z0-9_-]{1,64}$/;
const maxLength = 64;

export interface ToolNames {
  toWire(name: string): string;
  /** Wire name → the caller's name, for those that differ; undefined when none does. */
  readonly changed: ReadonlyMap<string, string> | undefined;
}

export function createToolNames(request: ChatRequest): ToolNames {
  const names = new Set<string>();
  for (const tool of request.tools ?? []) names.add(tool.name);
  for (const message of request.messages) {
    for (const part of message.parts) if (part.type === 'tool-call') names.add(part.name);
  }
  const toWire = new Map<string, string>();
  const changed = new Map<string, string>();
  for (const name of names) {
    if (legal.test(name)) continue;
    const wire = makeLegal(name, (candidate) => names.has(candidate) || changed.has(candidate));
    toWire.set(name, wire);
    changed.set(wire, name);
  }
  return { toWire: (name) => toWire.get(name) ?? name, changed: changed.size === 0 ? undefined : changed };
}

function makeLegal(name: string, isTaken: (candidate: string) => boolean): string {
  const clean = name.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, maxLength);
  let candidate = clean;
  for (let number = 2; candidate === '' || isTaken(candidate); number += 1) {
    const suffix = `_${number}`;
    candidate = clean.slice(0, maxLength - suffix.length) + suffix;
  }
  return candidate;
}
