// A request for the rest of an answer: the same request, with what was said so far as the beginning of the answer.
import type { ChatRequest } from '../canonical/chat.ts';
import type { JsonObject } from '../core/json.ts';
import type { EditedObject } from '../providers/edit-object.ts';
import { assistantPrefix } from '../providers/reshapes/assistant-prefix.ts';

/** What is to be gone on with. */
export interface Begun {
  readonly text: string;
  /** Output tokens so far. */
  readonly outputTokens: number;
}

export interface Prefilled {
  readonly request: ChatRequest;
  /** What the text ends in and the request leaves out. */
  readonly space: string;
}

/**
 * False: what may not be cut in two. A form that the answer must have holds for all of it, a second answer and probabilities
 * of tokens have no place in a prefill, and a forced call begins with no text. Of an answer that the caller has begun itself,
 * some providers repeat that beginning, others do not: what was said would not tell.
 */
export function canBeContinued(request: ChatRequest): boolean {
  if (request.output !== undefined || (request.count ?? 1) > 1) return false;
  if (request.messages.at(-1)?.role === 'assistant') return false;
  if (request.toolChoice?.kind === 'required' || request.toolChoice?.kind === 'tool') return false;
  return !/"(?:top_|response_?)?logprobs":(?:true|[1-9])|output_text\.logprobs/i.test(JSON.stringify(request.extensions ?? {}));
}

/** `request` as the upstream that goes on gets it. */
export function withPrefill(request: ChatRequest, begun: Begun): Prefilled {
  // The thinking came before the first word, and Claude takes no prefill together with it.
  const { reasoning: _done, maxOutputTokens, ...kept } = request;
  const told = begun.text.trimEnd();
  return {
    request: {
      ...kept,
      // White space alone says nothing, and Claude refuses it at the end of a message.
      messages: told === '' ? kept.messages : [...kept.messages, { role: 'assistant', parts: [{ type: 'text', text: told }] }],
      ...(maxOutputTokens !== undefined && { maxOutputTokens: Math.max(1, maxOutputTokens - begun.outputTokens) }),
      ...(kept.extensions !== undefined && { extensions: withoutReasoning(kept.extensions) }),
    },
    space: begun.text.slice(told.length),
  };
}

const reasoningMembers = new Set(['reasoning', 'reasoning_effort', 'thinking', 'thinkingConfig', 'output_config', 'enable_thinking']);

type Extensions = NonNullable<ChatRequest['extensions']>;

function withoutReasoning(extensions: Extensions): Extensions {
  return Object.fromEntries(
    Object.entries(extensions).map(([dialect, members]) => [
      dialect,
      Object.fromEntries(Object.entries(members).filter(([name]) => !reasoningMembers.has(name))) as JsonObject,
    ]),
  );
}

/** For offers that want the beginning marked, where the provider's own rules have not done so. */
export function markedAsPrefix(edited: EditedObject): EditedObject {
  const body = { ...edited.body };
  let repeatedPrefix: string | undefined;
  assistantPrefix.apply(body, {
    model: '',
    traits: new Set(),
    maxOutputTokens: undefined,
    warn: () => undefined,
    repeats: (prefix) => {
      repeatedPrefix = prefix;
    },
  });
  return repeatedPrefix === undefined ? edited : { ...edited, body, repeatedPrefix };
}
