// One part of an answer → a part of `content.parts`, for whole answers and streams alike.
import type { Part } from '../../canonical/chat.ts';
import type { Warning } from '../../canonical/warning.ts';
import { isObject, type JsonObject, type MutableJson } from '../../core/json.ts';
import { toToolInput } from '../anthropic-messages/tool-input.ts';
import { encodeMedia } from './media.ts';

/** What an opaque wire of this dialect is: a part, or members of the candidate itself. */
function readSideFields(wire: JsonObject): JsonObject | undefined {
  return isObject(wire.candidate) && Object.keys(wire).length === 1 ? wire.candidate : undefined;
}

/** Undefined: nothing to show. `candidate` takes what stands beside the content. */
export function encodeAnswerPart(part: Part, candidate: MutableJson, warnings: Warning[]): MutableJson | undefined {
  switch (part.type) {
    case 'text':
      return part.text === '' && part.signature === undefined ? undefined : { text: part.text, ...signed(part.signature) };
    case 'refusal':
      return part.text === '' ? undefined : { text: part.text };
    case 'reasoning':
      return encodeThought(part, warnings);
    case 'tool-call': {
      const { input, wrapped } = toToolInput(part.arguments);
      if (wrapped)
        warnings.push({ field: 'content', kind: 'changed', message: 'tool arguments that are not a JSON object were wrapped in one' });
      return { functionCall: { id: part.id, name: part.name, args: input }, ...signed(part.signature) };
    }
    case 'image':
    case 'audio':
    case 'file':
      return encodeMedia(part.source);
    case 'opaque':
      if (part.dialect !== 'gemini') return drop(`content that only ${part.dialect} understands was left out`, warnings);
      if (readSideFields(part.wire) === undefined) return { ...part.wire };
      Object.assign(candidate, part.wire.candidate);
      return undefined;
    case 'tool-result':
      return drop('a tool result has no form in an answer of this dialect', warnings);
  }
}

/** A proof of another vendor's would be sent back to the wrong one, so only the text is shown. */
function encodeThought(part: Extract<Part, { readonly type: 'reasoning' }>, warnings: Warning[]): MutableJson | undefined {
  // Our own proof for other grammars; here it stands on the call it belongs to.
  if (part.redacted !== undefined && part.origin === 'gemini') return undefined;
  if (part.redacted !== undefined) return drop('encrypted reasoning of another provider was left out', warnings);
  if (part.text === '' && part.origin !== 'gemini') return undefined;
  return { text: part.text, thought: true, ...(part.origin === 'gemini' && signed(part.signature)) };
}

function drop(message: string, warnings: Warning[]): undefined {
  if (!warnings.some((warning) => warning.message === message)) warnings.push({ field: 'content', kind: 'dropped', message });
  return undefined;
}

function signed(signature: string | undefined): MutableJson {
  return signature === undefined || signature === '' ? {} : { thoughtSignature: signature };
}
