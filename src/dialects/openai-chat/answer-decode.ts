// One answer (choice) of a stream: its deltas → content blocks. Blocks never overlap: one is ended before the next begins.
import type { ChatEvent, FinishReason } from '../../canonical/chat.ts';
import { asArray, asObject, asString, type JsonObject, type JsonValue, type MutableJson } from '../../core/json.ts';
import { createPrefixStripper } from './prefix-stripper.ts';
import { type ReasoningPiece, readReasoning } from './reasoning.ts';
import { createThinkSplitter } from './think-tags.ts';
import { createCallAssembler, readCallPiece } from './tool-calls.ts';

type Emit = (event: ChatEvent) => void;

export interface AnswerDecoderOptions {
  readonly choice: number;
  readonly openBlock: () => number;
  readonly makeCallId: (position: number) => string;
  readonly thinkTags: boolean;
  readonly toolNames?: ReadonlyMap<string, string>;
  readonly repeatedPrefix?: string;
}

export interface AnswerDecoder {
  push(delta: JsonObject, emit: Emit): void;
  /** The finish reason has come; more content may still follow, so nothing is said yet. */
  finish(reason: FinishReason, stopSequence?: string): void;
  readonly finished: boolean;
  /** A delta has been pushed. */
  readonly begun: boolean;
  /** The stream is complete: ends the open blocks and says the finish. */
  flush(emit: Emit): void;
}

type TextKind = 'text' | 'reasoning' | 'refusal';
const deltaTypes = { text: 'text-delta', reasoning: 'reasoning-delta', refusal: 'refusal-delta' } as const;

interface OpenBlock {
  readonly kind: TextKind;
  readonly block: number;
  readonly key: number | undefined;
  /** Reasoning only: what the block says so far. */
  text: string;
}

export function createAnswerDecoder(options: AnswerDecoderOptions): AnswerDecoder {
  const choice = options.choice === 0 ? {} : { choice: options.choice };
  const calls = createCallAssembler({
    openBlock: options.openBlock,
    makeId: options.makeCallId,
    ...choice,
    ...(options.toolNames !== undefined && { toolNames: options.toolNames }),
  });
  const stripper = options.repeatedPrefix === undefined ? undefined : createPrefixStripper(options.repeatedPrefix);
  const splitter = options.thinkTags ? createThinkSplitter() : undefined;
  let open: OpenBlock | undefined;
  let callsPending = false;
  // Text that came between the pieces of an unfinished tool call; it is said after the call.
  let deferred: { kind: TextKind; text: string }[] = [];
  let reason: FinishReason | undefined;
  let stopSequence: string | undefined;
  let refused = false;
  let begun = false;

  function endOpen(emit: Emit): void {
    if (open === undefined) return;
    emit({ type: 'block-end', block: open.block, ...choice });
    open = undefined;
  }

  function enter(kind: TextKind, key: number | undefined, emit: Emit): OpenBlock {
    if (open !== undefined && open.kind === kind && (key === undefined || open.key === undefined || key === open.key)) return open;
    endOpen(emit);
    open = { kind, block: options.openBlock(), key, text: '' };
    return open;
  }

  // eslint-disable-next-line max-params -- once per piece of every stream; only reasoning has a key
  function say(kind: TextKind, text: string, emit: Emit, key?: number): void {
    if (text === '') return;
    if (callsPending && !calls.settle(emit)) {
      deferred.push({ kind, text });
      return;
    }
    callsPending = false;
    const { block } = enter(kind, key, emit);
    if (kind === 'refusal') refused = true;
    const type = deltaTypes[kind];
    emit(options.choice === 0 ? { type, block, text } : { type, block, text, choice: options.choice });
  }

  function pushReasoning(piece: ReasoningPiece, emit: Emit): void {
    if (piece.redacted !== undefined) {
      endOpen(emit);
      const { block } = enter('reasoning', undefined, emit);
      emit({ type: 'reasoning-redacted', block, data: piece.redacted, ...choice });
      endOpen(emit);
      return;
    }
    // A proof that repeats the whole block (as our own encoder writes it) is not new text.
    const repeated = piece.signature !== undefined && open?.kind === 'reasoning' && open.text === piece.text;
    if (!repeated) {
      say('reasoning', piece.text, emit, piece.key);
      if (open?.kind === 'reasoning') open.text += piece.text;
    }
    if (piece.signature === undefined) return;
    const { block } = enter('reasoning', piece.key, emit);
    emit({ type: 'reasoning-signature', block, signature: piece.signature, ...choice });
    // The signature closes its block: reasoning that follows is the next one.
    endOpen(emit);
  }

  function pushContent(content: JsonValue | undefined, emit: Emit): void {
    if (typeof content === 'string') pushText(content, emit);
    else for (const part of asArray(content) ?? []) pushContentPart(asObject(part), emit);
  }

  /** Mistral sends content as a list: thinking parts with text parts inside, and text parts. */
  function pushContentPart(part: JsonObject | undefined, emit: Emit): void {
    if (part === undefined) return;
    if (part.type === 'thinking') {
      const inner = asArray(part.thinking) ?? [];
      const text = asString(part.thinking) ?? inner.map((item) => asString(asObject(item)?.text) ?? '').join('');
      say('reasoning', text, emit);
    } else if (part.type === 'refusal') {
      say('refusal', asString(part.refusal) ?? '', emit);
    } else {
      pushText(asString(part.text) ?? '', emit);
    }
  }

  function pushText(text: string, emit: Emit): void {
    if (splitter === undefined) sayText(text, emit);
    else splitter.push(text, sinkFor(emit));
  }

  function sayText(text: string, emit: Emit): void {
    say('text', stripper === undefined ? text : stripper.push(text), emit);
  }

  const sinkFor = (emit: Emit) => ({
    text: (text: string) => sayText(text, emit),
    reasoning: (text: string) => say('reasoning', text, emit),
  });

  function pushCalls(delta: JsonObject, emit: Emit): void {
    const legacy = asObject(delta.function_call);
    const wires = asArray(delta.tool_calls) ?? (legacy === undefined ? [] : [{ index: 0, function: legacy }]);
    for (const wire of wires) {
      const piece = readCallPiece(wire);
      if (piece === undefined) continue;
      endOpen(emit);
      callsPending = true;
      calls.push(piece, emit);
    }
  }

  function push(delta: JsonObject, emit: Emit): void {
    begun = true;
    for (const piece of readReasoning(delta)) pushReasoning(piece, emit);
    pushContent(delta.content, emit);
    say('refusal', asString(delta.refusal) ?? '', emit);
    pushCalls(delta, emit);
    const extras = readExtras(delta);
    if (extras !== undefined) emit({ type: 'opaque', dialect: 'openai-chat', wire: { index: options.choice, delta: extras } });
  }

  function flush(emit: Emit): void {
    splitter?.end(sinkFor(emit));
    if (stripper !== undefined) say('text', stripper.end(), emit);
    endOpen(emit);
    calls.flush(emit);
    callsPending = false;
    for (const { kind, text } of deferred) say(kind, text, emit);
    deferred = [];
    endOpen(emit);
    emit({
      type: 'finish',
      reason: settleFinish(reason ?? 'stop', { calls: calls.count, refused }),
      ...(stopSequence !== undefined && { stopSequence }),
      ...choice,
    });
  }

  return {
    push,
    finish(next, matched) {
      reason = next;
      stopSequence = matched;
    },
    get finished() {
      return reason !== undefined;
    },
    get begun() {
      return begun;
    },
    flush,
  };
}

/** Many servers say `stop` after tool calls (OpenAI itself, when the tool was forced) and after a refusal. */
function settleFinish(reason: FinishReason, seen: { readonly calls: number; readonly refused: boolean }): FinishReason {
  if (reason !== 'stop') return reason;
  if (seen.calls > 0) return 'tool-calls';
  return seen.refused ? 'refusal' : 'stop';
}

const extraFields = ['annotations', 'images', 'audio'] as const;

/** Content that only this grammar knows: carried on to its own clients. */
function readExtras(source: JsonObject): JsonObject | undefined {
  if (source.annotations === undefined && source.images === undefined && source.audio === undefined) return undefined;
  const extras: MutableJson = {};
  for (const field of extraFields) {
    const value = source[field];
    if (value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0)) extras[field] = value;
  }
  return Object.keys(extras).length === 0 ? undefined : (extras as JsonObject);
}
