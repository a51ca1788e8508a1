// A whole answer in the caller's grammar: as one document, or replayed as the stream that was asked for.
import type { ChatResponse } from '../canonical/chat.ts';
import { eventsOf } from '../canonical/replay.ts';
import type { Warning } from '../canonical/warning.ts';
import type { JsonObject } from '../core/json.ts';
import type { ChatCall } from '../routing/chat-call.ts';

export interface EncodingOptions {
  /** Collects what could not be said in this dialect. */
  readonly warnings: Warning[];
  /** The caller's request, for grammars whose answers repeat parts of it. */
  readonly callerBody: JsonObject;
}

export function encodeAnswer(answer: ChatResponse, call: ChatCall, { warnings, callerBody }: EncodingOptions): string {
  const { dialect, stream, requestedModel, includeUsage } = call;
  // Not every grammar names the model in its answers; clients read the name without looking.
  const response = answer.model === '' ? { ...answer, model: requestedModel } : answer;
  if (!stream) return JSON.stringify(dialect.encodeResponse(response, warnings, callerBody));
  const encoder = dialect.createEventEncoder({ model: requestedModel, includeUsage, warnings, callerBody });
  let text = '';
  for (const event of eventsOf(response)) text += encoder.push(event);
  return text + encoder.end();
}
