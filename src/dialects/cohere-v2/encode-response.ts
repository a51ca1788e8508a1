// Canonical answer → the object that the vendor's SDKs read.
import type { ChatResponse, Choice, Part } from '../../canonical/chat.ts';
import type { Warning } from '../../canonical/warning.ts';
import { asArray, type JsonObject, type JsonValue } from '../../core/json.ts';
import { encodeFinish, lostFinish } from './finish.ts';
import { encodeUsage } from './usage.ts';

export function encodeResponse(response: ChatResponse, warnings: Warning[]): JsonObject {
  const choice: Choice = response.choices[0] ?? { index: 0, parts: [], finish: 'stop' };
  if (response.choices.length > 1)
    warnings.push({ field: 'n', kind: 'dropped', message: 'the dialect has one answer; the others were left out' });
  if ((choice.annotations?.length ?? 0) > 0) {
    warnings.push({ field: 'annotations', kind: 'dropped', message: 'annotations of another provider have no form in this dialect' });
  }
  const lost = lostFinish(choice.finish);
  if (lost !== undefined) warnings.push(lost);
  return {
    ...response.extensions?.['cohere-v2'],
    id: response.id,
    finish_reason: encodeFinish(choice.finish, { stopSequence: choice.stopSequence }),
    message: encodeMessage(choice.parts, warnings),
    ...(response.usage !== undefined && { usage: encodeUsage(response.usage) }),
  };
}

function encodeMessage(parts: readonly Part[], warnings: Warning[]): JsonObject {
  const content = parts.flatMap((part) => encodePart(part, warnings));
  const calls = parts.filter((part) => part.type === 'tool-call');
  const citations = parts.flatMap(citationsOf);
  return {
    role: 'assistant',
    ...((content.length > 0 || calls.length === 0) && { content }),
    ...(calls.length > 0 && {
      tool_calls: calls.map((call) => ({ id: call.id, type: 'function', function: { name: call.name, arguments: call.arguments } })),
    }),
    ...(citations.length > 0 && { citations }),
  };
}

function citationsOf(part: Part): readonly JsonValue[] {
  return part.type === 'opaque' && part.dialect === 'cohere-v2' && part.wire.type === 'citations'
    ? (asArray(part.wire.citations) ?? [])
    : [];
}

function encodePart(part: Part, warnings: Warning[]): JsonObject[] {
  switch (part.type) {
    case 'text':
      if (part.signature !== undefined) warnings.push(unsigned);
      return toText(part.text);
    case 'refusal':
      return toText(part.text);
    case 'reasoning':
      if (part.redacted !== undefined || part.signature !== undefined) warnings.push(unsigned);
      return part.text === '' ? [] : [{ type: 'thinking', thinking: part.text }];
    case 'tool-call':
      if (part.signature !== undefined) warnings.push(unsigned);
      return [];
    case 'opaque':
      if (part.dialect !== 'cohere-v2') {
        warnings.push({ field: 'content', kind: 'dropped', message: `content that only ${part.dialect} understands was left out` });
        return [];
      }
      return part.wire.type === 'citations' ? [] : [part.wire];
    default:
      warnings.push({ field: 'content', kind: 'dropped', message: `${part.type} output has no form in this dialect` });
      return [];
  }
}

function toText(text: string): JsonObject[] {
  return text === '' ? [] : [{ type: 'text', text }];
}

/** Without it the thinking cannot go back to the model that thought it. */
export const unsigned: Warning = {
  field: 'content.thinking',
  kind: 'dropped',
  message: 'this dialect has no place for the signature or the encrypted form of reasoning',
};
