// Pieces of tool calls → calls, one after the other. Providers leave out index, type, id or name, repeat them, send arguments as
// an object or "null"; what comes out is always: start with id and name, argument text that is JSON, end.
import type { ChatEvent } from '../../canonical/chat.ts';
import { asNumber, asObject, asString, type JsonValue, tryParseJson } from '../../core/json.ts';
import { badReply } from './errors.ts';

export interface CallPiece {
  readonly index?: number;
  readonly id?: string;
  readonly name?: string;
  readonly arguments: string;
}

/** One entry of `tool_calls`, of a message or a delta. Undefined for what is no call at all. */
export function readCallPiece(value: JsonValue): CallPiece | undefined {
  const wire = asObject(value);
  if (wire === undefined) return undefined;
  const called = asObject(wire.function) ?? asObject(wire.custom) ?? wire;
  const index = asNumber(wire.index);
  const id = asString(wire.id);
  const name = asString(called.name);
  return {
    ...(index !== undefined && { index }),
    // Mistral's continuation pieces say "null".
    ...(id !== undefined && id !== '' && id !== 'null' && { id }),
    ...(name !== undefined && name !== '' && { name }),
    arguments: readArguments(called.arguments ?? customInput(called.input)),
  };
}

function readArguments(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Custom tools take free text; inside, arguments are an object. */
function customInput(input: JsonValue | undefined): JsonValue | undefined {
  return typeof input === 'string' ? { input } : undefined;
}

interface Call {
  readonly index: number | undefined;
  id: string | undefined;
  name: string | undefined;
  /** All arguments so far. */
  text: string;
  /** How much of `text` has been said or dropped. */
  said: number;
  /** Some argument text has been said: from then on nothing is held back. */
  begun: boolean;
  /** Set once the call has been started. */
  block: number | undefined;
  ended: boolean;
}

export interface CallAssemblerOptions {
  /** A new content block's number. */
  readonly openBlock: () => number;
  /** An id for a call whose provider gave none; unique within the conversation. */
  readonly makeId: (position: number) => string;
  readonly choice?: number;
  /** Wire name → the caller's name. */
  readonly toolNames?: ReadonlyMap<string, string>;
}

export interface CallAssembler {
  push(piece: CallPiece, emit: (event: ChatEvent) => void): void;
  /** Ends the calls whose arguments are whole. False while one is unfinished. */
  settle(emit: (event: ChatEvent) => void): boolean;
  /** The answer is finished: everything that was held is said, every call is ended. */
  flush(emit: (event: ChatEvent) => void): void;
  readonly count: number;
}

/**
 * Calls never interleave in what is emitted: the first unfinished call streams live, later ones wait until its arguments are
 * whole JSON. (A grammar with blocks could not say interleaved ones, and joining them would falsify arguments.)
 */
export function createCallAssembler(options: CallAssemblerOptions): CallAssembler {
  const calls: Call[] = [];
  const choice = options.choice === undefined ? {} : { choice: options.choice };

  function push(piece: CallPiece, emit: (event: ChatEvent) => void): void {
    let call = find(piece);
    if (call === undefined) {
      call = { index: piece.index, id: piece.id, name: undefined, text: '', said: 0, begun: false, block: undefined, ended: false };
      calls.push(call);
    }
    // An id that comes after the start was replaced by ours already.
    if (call.block === undefined) {
      call.id ??= piece.id;
      call.name ??= piece.name;
    }
    if (call.ended && piece.arguments.trim() !== '') {
      throw badReply(`the provider mixed the arguments of several tool calls (${call.name ?? 'unnamed'})`);
    }
    call.text += piece.arguments;
    advance(emit);
  }

  /** The call that a piece continues. A new id with a name opens a new call even on a known index (several calls on index 0). */
  function find(piece: CallPiece): Call | undefined {
    const known = piece.index === undefined ? findWithoutIndex(piece) : findLast((call) => call.index === piece.index);
    if (known === undefined || piece.name === undefined) return known;
    const otherId = piece.id !== undefined && known.id !== undefined && piece.id !== known.id;
    return otherId ? findLast((call) => call.id === piece.id) : known;
  }

  function findWithoutIndex(piece: CallPiece): Call | undefined {
    if (piece.id !== undefined) {
      const same = findLast((call) => call.id === piece.id);
      // An unknown id with a name is a new call; without one it is a provider that makes up an id for each delta.
      return same ?? (piece.name === undefined ? calls[calls.length - 1] : undefined);
    }
    const last = calls[calls.length - 1];
    if (last === undefined || piece.name === undefined || last.name === undefined) return last;
    return last.name === piece.name && !isWhole(last.text) ? last : undefined;
  }

  function findLast(test: (call: Call) => boolean): Call | undefined {
    for (let at = calls.length - 1; at >= 0; at -= 1) {
      const call = calls[at];
      if (call !== undefined && test(call)) return call;
    }
    return undefined;
  }

  /** Says what can be said now: the live call's arguments, and the next calls once it is whole. */
  function advance(emit: (event: ChatEvent) => void): void {
    for (const [at, call] of calls.entries()) {
      if (call.ended) continue;
      if (call.name === undefined) return;
      stream(call, emit);
      if (at === calls.length - 1 || !isWhole(call.text)) return;
      close(call, emit);
    }
  }

  function stream(call: Call, emit: (event: ChatEvent) => void): void {
    const block = start(call, emit);
    if (!call.begun) call.said = skipPlaceholders(call.text);
    const text = call.text.slice(call.said);
    if (text === '' || (!call.begun && isPlaceholderPrefix(text))) return;
    emit({ type: 'tool-call-delta', block, arguments: text, ...choice });
    call.begun = true;
    call.said = call.text.length;
  }

  function start(call: Call, emit: (event: ChatEvent) => void): number {
    if (call.block !== undefined) return call.block;
    call.block = options.openBlock();
    call.id ??= options.makeId(calls.indexOf(call));
    const name = call.name ?? '';
    emit({ type: 'tool-call-start', block: call.block, id: call.id, name: options.toolNames?.get(name) ?? name, ...choice });
    return call.block;
  }

  function close(call: Call, emit: (event: ChatEvent) => void): void {
    const block = start(call, emit);
    if (!call.begun) {
      const rest = call.text.slice(call.said).trim();
      emit({ type: 'tool-call-delta', block, arguments: rest === '' || rest === 'null' ? '{}' : rest, ...choice });
    }
    emit({ type: 'block-end', block, ...choice });
    call.ended = true;
  }

  function settle(emit: (event: ChatEvent) => void): boolean {
    for (const call of calls) {
      if (call.ended) continue;
      if (call.name === undefined || !isWhole(call.text)) return false;
      stream(call, emit);
      close(call, emit);
    }
    return true;
  }

  function flush(emit: (event: ChatEvent) => void): void {
    for (const call of calls) {
      if (call.ended) continue;
      if (call.name === undefined) {
        // A phantom entry without name and arguments is noise; arguments without a name are a call nobody can run.
        if (call.text.trim() !== '') throw badReply('the provider sent a tool call without a name');
        continue;
      }
      stream(call, emit);
      close(call, emit);
    }
  }

  return {
    push,
    settle,
    flush,
    get count() {
      return calls.reduce((sum, call) => sum + (call.name === undefined ? 0 : 1), 0);
    },
  };
}

function isWhole(text: string): boolean {
  return text.trim() !== '' && tryParseJson(text.slice(skipPlaceholders(text))) !== undefined;
}

/** Text that may still turn out to mean "no arguments": `null`, or `{}` before the real object (some proxies send it first). */
function isPlaceholderPrefix(text: string): boolean {
  const rest = text.trim();
  return 'null'.startsWith(rest) || '{}'.startsWith(rest);
}

/** Length of leading empty objects that are placeholders because something follows: `{}{}`, `{}{"a":1}`. */
function skipPlaceholders(text: string): number {
  return /^(?:\s*\{\s*\}(?=\s*\S))+/.exec(text)?.[0].length ?? 0;
}
