// Canonical messages → the vendor's turns. The order they must have is that of `strict-turns.ts`; here is how their blocks are written.
import type { ChatRequest } from '../../canonical/chat.ts';
import type { JsonObject } from '../../core/json.ts';
import { type BlockWriter, type EncodedTurns, encodeTurns as orderTurns } from '../strict-turns.ts';
import { appendBlock, type BlockContext, encodeToolResult, encodeToolUse } from './encode-blocks.ts';
import { createToolIds } from './wire-names.ts';

interface TurnsContext extends BlockContext {
  /** The model refuses an assistant message at the end. */
  readonly refusesPrefill: boolean;
}

export function encodeTurns(request: ChatRequest, context: TurnsContext): EncodedTurns {
  const { warnings, refusesPrefill } = context;
  return orderTurns(request, { writer: createWriter(context), ids: createToolIds(request), warnings, refusesPrefill });
}

function createWriter(context: BlockContext): BlockWriter {
  return {
    append: (blocks, part, path) => appendBlock(blocks, part, { path, context }),
    text: (text) => ({ type: 'text', text }),
    toolCall: (part, wireId) => [encodeToolUse(part, wireId, context)],
    toolResult: (part, wireId, path) => [encodeToolResult(part, wireId, { path, context })],
    failedResult: (wireId, text) => ({ type: 'tool_result', tool_use_id: wireId, content: text, is_error: true }),
  };
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
