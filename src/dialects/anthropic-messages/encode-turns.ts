// Canonical messages → the vendor's strictly ordered turns: leading system text apart, user first, user and assistant in
// alternation, every tool call answered by a result at the very beginning of the next user turn.
import type { ChatRequest, Message, Part } from '../../canonical/chat.ts';
import type { JsonObject, MutableJson } from '../../core/json.ts';
import { appendBlock, type BlockContext, encodeToolResult, encodeToolUse, type ToolResultPart } from './encode-blocks.ts';
import { createToolIds } from './wire-names.ts';

/** The vendor refuses empty content; one dot is the least that can stand in its place. */
const placeholder = '.';

interface EncodedTurns {
  readonly system: MutableJson[];
  readonly messages: MutableJson[];
}

interface Turn {
  readonly role: 'user' | 'assistant';
  readonly blocks: MutableJson[];
  /** Assistant: its calls in order, behind all other blocks. */
  readonly calls: { readonly callId: string; readonly wireId: string; readonly block: MutableJson }[];
  /** User: results that arrived, in any order. */
  readonly results: { readonly part: ToolResultPart; readonly path: string }[];
}

interface TurnsContext extends BlockContext {
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
        appendBlock(blocks, part, { path: `messages[${messageIndex}].content[${index}]`, context });
      else context.warnings.dropped('messages[].content', `${part.type} content in a system message was left out`);
    });
  });
  return blocks;
}

function collectTurns(request: ChatRequest, from: number, context: TurnsContext): Turn[] {
  const ids = createToolIds(request);
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
      const at = { path: `${path}.content[${partIndex}]`, context };
      if (part.type === 'tool-call') {
        const wireId = ids.assign(part.id);
        turn.calls.push({ callId: part.id, wireId, block: encodeToolUse(part, wireId, context) });
      } else if (part.type === 'tool-result') {
        turn.results.push({ part, path: at.path });
      } else {
        appendBlock(turn.blocks, part, at);
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
  const first = calls.map(({ callId, wireId }) => {
    const found = waiting.findIndex(({ part }) => part.callId === callId);
    const [result] = found < 0 ? [] : waiting.splice(found, 1);
    if (result !== undefined) return encodeToolResult(result.part, wireId, { path: result.path, context });
    context.warnings.changed('messages', 'a tool call without a result was given an error result');
    return { type: 'tool_result', tool_use_id: wireId, content: 'No result was recorded for this call.', is_error: true };
  });
  const orphans: MutableJson[] = waiting.flatMap(({ part, path }) => {
    context.warnings.changed('messages', 'a tool result without its call was sent as text');
    const blocks: MutableJson[] = [{ type: 'text', text: `Result of the tool call ${part.callId}:` }];
    part.parts.forEach((inner, index) => {
      if (inner.type !== 'tool-call' && inner.type !== 'tool-result') {
        appendBlock(blocks, inner, { path: `${path}.content[${index}]`, context });
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
    turns.unshift({ role: 'user', blocks: [{ type: 'text', text: placeholder }], calls: [], results: [] });
  }
}

/** A prefill that ends in white space is refused. */
function trimPrefill(turn: Turn): void {
  const block = turn.blocks.at(-1);
  if (block?.type === 'text' && typeof block.text === 'string') block.text = block.text.trimEnd();
}

function writeTurn(turn: Turn, context: TurnsContext): MutableJson {
  const content = [...turn.blocks, ...turn.calls.map((call) => call.block)];
  if (content.length === 0) {
    context.warnings.changed('messages', 'an empty message was sent as a placeholder');
    content.push({ type: 'text', text: placeholder });
  }
  return { role: turn.role, content };
}

/** The assistant turn that the newest tool results answer begins with thinking, or there is no such turn. */
export function toolTurnBeginsWithThinking(messages: readonly JsonObject[]): boolean {
  const results = messages.at(-1);
  const calls = messages.at(-2);
  if (results?.role !== 'user' || !Array.isArray(results.content) || calls === undefined || !Array.isArray(calls.content)) return true;
  const holdsResults = results.content.some((block: JsonObject) => block.type === 'tool_result');
  const first = (calls.content as readonly JsonObject[])[0];
  return !holdsResults || first?.type === 'thinking' || first?.type === 'redacted_thinking';
}
