// Canonical messages → strictly ordered turns, as Claude's grammars want them: leading system text apart, user first, user and
// assistant in alternation, every tool call answered by a result at the very beginning of the next user turn.
import type { ChatRequest, Message, Part } from '../canonical/chat.ts';
import type { MutableJson } from '../core/json.ts';
import type { WarningList } from './anthropic-messages/warning-list.ts';
import type { ToolIds } from './anthropic-messages/wire-names.ts';

/** Empty content is refused; one dot is the least that can stand in its place. */
export const placeholder = '.';

export type ToolCallPart = Extract<Part, { readonly type: 'tool-call' }>;
export type ToolResultPart = Extract<Part, { readonly type: 'tool-result' }>;
export type PlainPart = Exclude<Part, ToolCallPart | ToolResultPart>;

/** How one grammar writes the blocks of a turn. A cache mark may be a block of its own, hence the lists. */
export interface BlockWriter {
  /** Appends the part; one without a wire form adds nothing and leaves a warning. */
  append(blocks: MutableJson[], part: PlainPart, path: string): void;
  text(text: string): MutableJson;
  toolCall(part: ToolCallPart, wireId: string): readonly MutableJson[];
  toolResult(part: ToolResultPart, wireId: string, path: string): readonly MutableJson[];
  /** For a call whose result is not in the history. */
  failedResult(wireId: string, text: string): MutableJson;
}

export interface EncodedTurns {
  readonly system: MutableJson[];
  readonly messages: MutableJson[];
}

interface Turn {
  readonly role: 'user' | 'assistant';
  readonly blocks: MutableJson[];
  /** Assistant: its calls in order, behind all other blocks. */
  readonly calls: { readonly callId: string; readonly wireId: string; readonly blocks: readonly MutableJson[] }[];
  /** User: results that arrived, in any order. */
  readonly results: { readonly part: ToolResultPart; readonly path: string }[];
}

export interface TurnsContext {
  readonly writer: BlockWriter;
  readonly ids: ToolIds;
  readonly warnings: WarningList;
  /** The model refuses an assistant message at the end. */
  readonly refusesPrefill: boolean;
}

export function encodeTurns(request: ChatRequest, context: TurnsContext): EncodedTurns {
  const leading = request.messages.findIndex((message) => message.role !== 'system');
  const systemCount = leading < 0 ? request.messages.length : leading;
  const system = encodeSystem(request.messages.slice(0, systemCount), context);

  const turns = collectTurns(request, systemCount, context);
  answerCalls(turns, context);
  mendEnds(turns, context);
  return { system, messages: turns.map((turn) => writeTurn(turn, context)) };
}

function encodeSystem(messages: readonly Message[], context: TurnsContext): MutableJson[] {
  const blocks: MutableJson[] = [];
  messages.forEach((message, messageIndex) => {
    message.parts.forEach((part, index) => {
      if (part.type === 'text' || part.type === 'opaque')
        context.writer.append(blocks, part, `messages[${messageIndex}].content[${index}]`);
      else context.warnings.dropped('messages[].content', `${part.type} content in a system message was left out`);
    });
  });
  return blocks;
}

function collectTurns(request: ChatRequest, from: number, context: TurnsContext): Turn[] {
  const turns: Turn[] = [];
  request.messages.slice(from).forEach((message, index) => {
    const path = `messages[${from + index}]`;
    const role = message.role === 'assistant' ? 'assistant' : 'user';
    let turn = turns.at(-1);
    if (turn === undefined || turn.role !== role) {
      turn = { role, blocks: [], calls: [], results: [] };
      turns.push(turn);
    }
    const parts = message.role === 'system' ? wrapLateSystem(message, context) : message.parts;
    for (const [partIndex, part] of parts.entries()) {
      const at = `${path}.content[${partIndex}]`;
      if (part.type === 'tool-call') {
        const wireId = context.ids.assign(part.id);
        turn.calls.push({ callId: part.id, wireId, blocks: context.writer.toolCall(part, wireId) });
      } else if (part.type === 'tool-result') {
        turn.results.push({ part, path: at });
      } else {
        context.writer.append(turn.blocks, part, at);
      }
    }
    if (message.name !== undefined) context.warnings.dropped('messages[].name', 'the dialect has no participant names');
  });
  return turns;
}

/** Only a leading system prompt has a place of its own; a later one is marked as such inside the user's turn. */
function wrapLateSystem(message: Message, context: TurnsContext): readonly Part[] {
  context.warnings.changed('messages[].role', 'a system message after the first turns was sent as user text in <system> tags');
  const text = message.parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n\n');
  const cache = message.parts.flatMap((part) => (part.type === 'text' && part.cache !== undefined ? [part.cache] : [])).at(-1);
  return text.trim() === '' ? [] : [{ type: 'text', text: `<system>\n${text}\n</system>`, ...(cache !== undefined && { cache }) }];
}

/** Puts each turn's results first in the order of the calls, makes up missing ones, and turns orphans into text. */
function answerCalls(turns: Turn[], context: TurnsContext): void {
  for (let i = 0; i < turns.length; i += 1) {
    const turn = turns[i];
    if (turn === undefined) continue;
    if (turn.role === 'assistant' && turn.calls.length > 0 && turns[i + 1] === undefined) {
      turns.push({ role: 'user', blocks: [], calls: [], results: [] });
    }
    if (turn.role === 'user') settleResults(turn, turns[i - 1]?.calls ?? [], context);
  }
}

function settleResults(turn: Turn, calls: Turn['calls'], context: TurnsContext): void {
  const waiting = [...turn.results];
  const first = calls.flatMap(({ callId, wireId }): readonly MutableJson[] => {
    const found = waiting.findIndex(({ part }) => part.callId === callId);
    const [result] = found < 0 ? [] : waiting.splice(found, 1);
    if (result !== undefined) return context.writer.toolResult(result.part, wireId, result.path);
    context.warnings.changed('messages', 'a tool call without a result was given an error result');
    return [context.writer.failedResult(wireId, 'No result was recorded for this call.')];
  });
  const orphans: MutableJson[] = waiting.flatMap(({ part, path }) => {
    context.warnings.changed('messages', 'a tool result without its call was sent as text');
    const blocks = [context.writer.text(`Result of the tool call ${part.callId}:`)];
    part.parts.forEach((inner, index) => {
      if (inner.type !== 'tool-call' && inner.type !== 'tool-result') {
        context.writer.append(blocks, inner, `${path}.content[${index}]`);
      }
    });
    return blocks;
  });
  turn.blocks.unshift(...first, ...orphans);
}

/** The conversation begins with the user, and an assistant turn at its end is a prefill with rules of its own. */
function mendEnds(turns: Turn[], context: TurnsContext): void {
  const last = turns.at(-1);
  if (last?.role === 'assistant') {
    if (context.refusesPrefill) {
      context.warnings.dropped('messages', 'this model takes no assistant message at the end (prefill)');
      turns.pop();
    } else {
      trimPrefill(last);
      if (last.blocks.length === 0) turns.pop();
    }
  }
  if (turns[0]?.role !== 'user') {
    context.warnings.changed('messages', 'the conversation has to begin with a user message, so a placeholder was put first');
    turns.unshift({ role: 'user', blocks: [context.writer.text(placeholder)], calls: [], results: [] });
  }
}

/** A prefill that ends in white space is refused. */
function trimPrefill(turn: Turn): void {
  const block = turn.blocks.at(-1);
  if (block !== undefined && typeof block.text === 'string') block.text = block.text.trimEnd();
}

function writeTurn(turn: Turn, context: TurnsContext): MutableJson {
  const content = [...turn.blocks, ...turn.calls.flatMap((call) => call.blocks)];
  if (content.length === 0) {
    context.warnings.changed('messages', 'an empty message was sent as a placeholder');
    content.push(context.writer.text(placeholder));
  }
  return { role: turn.role, content };
}
