// Which tools a request makes the simulator call, and with what: read off the user's words, since nobody here understands them.
import { isObject, tryParseJson, type JsonObject } from '../../core/json.ts';
import type { Ask, AskedTool, Turn } from './ask.ts';
import { synthesize } from './synthesize.ts';

export interface WantedCall {
  readonly name: string;
  /** JSON text. */
  readonly arguments: string;
}

/**
 * Forced calls, else the tools that the last words of the user name (each once, in that order) and that have not been
 * called since. They are called together, one by one when parallel calls are off or the user says "then".
 */
export function wantedCalls(ask: Ask): readonly WantedCall[] {
  if (ask.tools.length === 0 || ask.toolChoice === 'none') return [];
  const asked = lastWords(ask.turns);
  const text = withoutReminders(asked?.turn.text ?? '');
  const mentions = findMentions(text, ask.tools);
  if (typeof ask.toolChoice === 'object') {
    const { name } = ask.toolChoice;
    const tool = ask.tools.find((candidate) => candidate.name === name);
    return tool === undefined
      ? []
      : [toCall(text, mentions.find((mention) => mention.tool === tool) ?? { tool, at: 0, end: 0, next: text.length })];
  }
  const called = new Set(ask.turns.slice((asked?.index ?? -1) + 1).flatMap((turn) => turn.calls.map((call) => call.name)));
  const open = mentions.filter((mention) => !called.has(mention.tool.name));
  if (open.length === 0) return ask.toolChoice === 'required' ? [requiredCall(ask, called, text)] : [];
  const oneByOne = !ask.parallel || open.slice(1).some((mention) => /\bthen\b/i.test(text.slice(open[0]?.end, mention.at)));
  return (oneByOne ? open.slice(0, 1) : open).map((mention) => toCall(text, mention));
}

function requiredCall(ask: Ask, called: ReadonlySet<string>, text: string): WantedCall {
  const tool = ask.tools.find((candidate) => !called.has(candidate.name)) ?? ask.tools[0] ?? { name: 'unknown' };
  return toCall(text, { tool, at: 0, end: 0, next: text.length });
}

/** The last turn in which the user said something, results of tools aside. */
export function lastWords(turns: readonly Turn[]): { readonly turn: Turn; readonly index: number } | undefined {
  for (let index = turns.length - 1; index >= 0; index -= 1) {
    const turn = turns[index];
    if (turn?.role === 'user' && (turn.attachments.length > 0 || withoutReminders(turn.text).trim() !== '')) return { turn, index };
  }
  return undefined;
}

/** Agents put instructions of their own into the user's message; they name tools that nobody asked for. */
export function withoutReminders(text: string): string {
  return text.includes('<system-reminder>') ? text.replaceAll(/<system-reminder>[\s\S]*?(<\/system-reminder>|$)/g, '') : text;
}

interface Mention {
  readonly tool: AskedTool;
  readonly at: number;
  readonly end: number;
  /** Where the next mention starts: what stands before it belongs to this one. */
  readonly next: number;
}

/** `get_weather`, `Get-Weather` and "get weather" all name the tool; "rewrite" does not name `write`. */
function findMentions(text: string, tools: readonly AskedTool[]): readonly Mention[] {
  const words = text.toLowerCase().replaceAll(/[_-]/g, ' ');
  // Lower case can be longer than the original (İ); then positions would lie.
  const aligned = words.length === text.length;
  const found: { tool: AskedTool; at: number; end: number }[] = [];
  for (const tool of tools) {
    const name = tool.name.toLowerCase().replaceAll(/[_-]/g, ' ');
    const at = findWord(words, name);
    if (at >= 0) found.push(aligned ? { tool, at, end: at + name.length } : { tool, at: 0, end: 0 });
  }
  // Of `get_weather` and `weather` at the same place only the longer one is meant.
  const distinct = found.filter(
    (one) => !found.some((other) => other !== one && other.at <= one.at && other.end >= one.end && other.end - other.at > one.end - one.at),
  );
  distinct.sort((a, b) => a.at - b.at);
  return distinct.map((mention, index) => ({ ...mention, next: distinct[index + 1]?.at ?? text.length }));
}

function findWord(text: string, word: string): number {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (!isWordCharacter(text[at - 1]) && !isWordCharacter(text[at + word.length])) return at;
  }
  return -1;
}

function isWordCharacter(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}]/u.test(character);
}

/** A JSON object after the name is taken as the arguments; else they are made from the schema, with what stands in quotes. */
function toCall(text: string, mention: Mention): WantedCall {
  const own = text.slice(mention.end, mention.next);
  const literal = readLiteral(own);
  if (literal !== undefined) return { name: mention.tool.name, arguments: JSON.stringify(literal) };
  const schema = mention.tool.parameters;
  const value = schema === undefined ? {} : synthesize(schema, { hints: readQuotes(own) });
  return { name: mention.tool.name, arguments: JSON.stringify(isObject(value) ? value : {}) };
}

function readLiteral(text: string): JsonObject | undefined {
  const start = text.indexOf('{');
  if (start < 0) return undefined;
  for (let end = text.lastIndexOf('}'), tries = 0; end > start && tries < 8; end = text.lastIndexOf('}', end - 1), tries += 1) {
    const value = tryParseJson(text.slice(start, end + 1));
    if (isObject(value)) return value;
  }
  return undefined;
}

function readQuotes(text: string): readonly string[] {
  return [...text.matchAll(/"([^"\n]{1,500})"|`([^`\n]{1,500})`/g)].map((match) => match[1] ?? match[2] ?? '');
}
