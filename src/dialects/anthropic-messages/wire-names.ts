// Tool ids and tool names in the one alphabet the vendor accepts. History that began at another provider brings dots,
// colons and repeated ids; sent as they are, the whole request is refused.
import type { ChatRequest } from '../../canonical/chat.ts';

const accepted = /^[a-zA-Z0-9_-]+$/;

/** What a provider accepts, where it is stricter than letters, digits, `_` and `-`. */
export interface IdRules {
  /** A fine id matches all of it. */
  readonly form: RegExp;
  /** The nth mended id. */
  readonly mend: (callId: string, number: number) => string;
}

const plainIds: IdRules = { form: accepted, mend: (callId) => spellPlainly(callId, 'call') };

export interface ToolIds {
  /** The wire id of one more call with this id. Ids are unique on the wire, also where two turns used the same one. */
  assign(callId: string): string;
}

export function createToolIds(request: ChatRequest, { form, mend }: IdRules = plainIds): ToolIds {
  const callIds = request.messages.flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'tool-call' ? [part.id] : [])));
  // Ids that are fine already keep their spelling, so a mended one must not take it away from them.
  const reserved = new Set(callIds.filter((id) => form.test(id)));
  const given = new Set<string>();
  let mended = 0;
  return {
    assign(callId) {
      const fine = form.test(callId);
      if (!fine) mended += 1;
      const base = fine ? callId : mend(callId, mended);
      const wireId = fine && !given.has(base) ? base : firstFree(base, (id) => given.has(id) || reserved.has(id));
      given.add(wireId);
      return wireId;
    },
  };
}

export interface ToolNames {
  toWire(name: string): string;
  /** Wire name → the caller's name, for those that had to change. */
  readonly changed: ReadonlyMap<string, string>;
}

export function createToolNames(request: ChatRequest, longestName = 128): ToolNames {
  const isFineName = (name: string): boolean => name.length <= longestName && accepted.test(name);
  const changed = new Map<string, string>();
  const wireNames = new Map<string, string>();
  const taken = new Set((request.tools ?? []).map((tool) => tool.name).filter(isFineName));
  return {
    changed,
    toWire(name) {
      if (isFineName(name)) return name;
      const known = wireNames.get(name);
      if (known !== undefined) return known;
      const wireName = firstFree(spellPlainly(name, 'tool').slice(0, longestName - 4), (candidate) => taken.has(candidate));
      taken.add(wireName);
      wireNames.set(name, wireName);
      changed.set(wireName, name);
      return wireName;
    },
  };
}

function spellPlainly(text: string, fallback: string): string {
  const plain = text.replace(/[^a-zA-Z0-9_-]/g, '_');
  return plain === '' ? fallback : plain;
}

function firstFree(base: string, isTaken: (text: string) => boolean): string {
  if (!isTaken(base)) return base;
  let number = 2;
  while (isTaken(`${base}_${number}`)) number += 1;
  return `${base}_${number}`;
}
