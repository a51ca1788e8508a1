// Output items of an answer → canonical parts, for whole answers and for what a stream left unsaid.
import type { Part } from '../../canonical/chat.ts';
import { asArray, asObject, asString, isObject, type JsonObject, type JsonValue, tryParseJson } from '../../core/json.ts';
import { freeTextArguments, opaquePart } from './decode-items.ts';
import { badReply } from './errors.ts';
import { decodeReasoning } from './reasoning.ts';

export interface CallPart {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

export interface ItemOptions {
  readonly toolNames?: ReadonlyMap<string, string> | undefined;
}

export interface DecodedItem {
  readonly parts: readonly Part[];
  readonly annotations: readonly JsonValue[];
}

const none: readonly JsonValue[] = [];

export function decodeItem(item: JsonObject, options: ItemOptions): DecodedItem {
  switch (item.type) {
    case 'message':
      return decodeMessage(item);
    case 'reasoning':
      return { parts: [decodeReasoning(item)], annotations: none };
    case 'function_call':
    case 'custom_tool_call':
      return { parts: decodeCalls(item, options).map((call) => ({ type: 'tool-call', ...call })), annotations: none };
    default:
      return { parts: [opaquePart(item)], annotations: none };
  }
}

function decodeMessage(item: JsonObject): DecodedItem {
  const parts: Part[] = [];
  const annotations: JsonValue[] = [];
  for (const content of asArray(item.content) ?? []) {
    if (!isObject(content)) continue;
    if (content.type === 'refusal') parts.push({ type: 'refusal', text: asString(content.refusal) ?? '' });
    else if (content.type === 'output_text' || content.type === 'text') parts.push({ type: 'text', text: asString(content.text) ?? '' });
    annotations.push(...(asArray(content.annotations) ?? []));
  }
  return { parts, annotations };
}

/** One call mostly; the calls inside when the model wrapped them in the pseudo tool of its training. */
export function decodeCalls(item: JsonObject, { toolNames }: ItemOptions): readonly CallPart[] {
  const name = asString(item.name) ?? '';
  if (name === '') throw badReply('the provider sent a tool call without a name', item);
  const id = asString(item.call_id) ?? asString(item.id) ?? '';
  if (item.type === 'custom_tool_call') {
    return [{ id, name: toolNames?.get(name) ?? name, arguments: freeTextArguments(asString(item.input) ?? '') }];
  }
  const text = argumentText(item.arguments);
  const wrapped = isWrapper(name) ? unwrap(id, text) : undefined;
  return (wrapped ?? [{ id, name, arguments: text }]).map((call) => ({ ...call, name: toolNames?.get(call.name) ?? call.name }));
}

function argumentText(value: JsonValue | undefined): string {
  const text = typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);
  const trimmed = text.trim();
  return trimmed === '' || trimmed === 'null' ? '{}' : text;
}

/** Models call it to make several calls at once, though nobody offered it. */
export function isWrapper(name: string): boolean {
  return name === 'parallel' || name === 'multi_tool_use.parallel';
}

/** Undefined when it is a tool of the caller's that happens to have the name. */
function unwrap(id: string, text: string): CallPart[] | undefined {
  const uses = asArray(asObject(tryParseJson(text))?.tool_uses)?.map(asObject);
  if (uses === undefined || uses.length === 0) return undefined;
  const calls = uses.map((use, at) => {
    const name = asString(use?.recipient_name)?.replace(/^functions\./, '');
    return name === undefined || name === '' ? undefined : { id: `${id}_${at}`, name, arguments: JSON.stringify(use?.parameters ?? {}) };
  });
  return calls.every((call) => call !== undefined) ? calls : undefined;
}
