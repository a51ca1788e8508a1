// Canonical answer → the Message object that the vendor's SDKs read.
import type { ChatResponse, Choice, Part } from '../../canonical/chat.ts';
import type { Warning } from '../../canonical/warning.ts';
import { newId } from '../../core/ids.ts';
import type { JsonObject, MutableJson } from '../../core/json.ts';
import { readSideFields } from './side-fields.ts';
import { encodeStopReason } from './stop-reason.ts';
import { toToolInput } from './tool-input.ts';
import { encodeUsage } from './usage.ts';

export function encodeResponse(response: ChatResponse, warnings: Warning[]): JsonObject {
  const choice: Choice = response.choices[0] ?? { index: 0, parts: [], finish: 'stop' };
  if (response.choices.length > 1)
    warnings.push({ field: 'n', kind: 'dropped', message: 'the dialect has one answer; the others were left out' });
  const content: MutableJson[] = [];
  for (const part of choice.parts) appendAnswerBlock(content, part, warnings);
  if (choice.annotations !== undefined) attachAnnotations(content, choice, warnings);

  const refused = choice.parts.some((part) => part.type === 'refusal');
  return {
    ...response.extensions?.['anthropic-messages'],
    id: toMessageId(response.id),
    type: 'message',
    role: 'assistant',
    model: response.model,
    content: content as JsonObject[],
    stop_reason: encodeStopReason({ reason: choice.finish, stopSequence: choice.stopSequence, refused }),
    stop_sequence: choice.stopSequence ?? null,
    usage: encodeUsage(response.usage) as JsonObject,
  };
}

/** `msg_…`; made from the provider's own id, so that the two can be matched in logs. */
export function toMessageId(upstreamId: string): string {
  if (upstreamId.startsWith('msg_')) return upstreamId;
  const plain = upstreamId.replace(/[^a-zA-Z0-9]/g, '');
  return plain === '' ? newId('msg') : `msg_${plain}`;
}

function appendAnswerBlock(content: MutableJson[], part: Part, warnings: Warning[]): void {
  switch (part.type) {
    case 'text':
    case 'refusal':
      // Clients send the answer back as history, where the vendor refuses blank text blocks.
      if (part.text !== '') content.push({ type: 'text', text: part.text });
      return;
    case 'reasoning':
      appendReasoning(content, part, warnings);
      return;
    case 'tool-call':
      content.push(encodeToolUse(part, warnings));
      return;
    case 'opaque':
      if (part.dialect === 'anthropic-messages') appendOpaque(content, part.wire);
      else warnings.push({ field: 'content', kind: 'dropped', message: `content that only ${part.dialect} understands was left out` });
      return;
    default:
      warnings.push({ field: 'content', kind: 'dropped', message: `${part.type} output has no form in this dialect` });
  }
}

/** A proof of another provider's would come back as the vendor's own and be refused there, so it is not shown as one. */
function appendReasoning(content: MutableJson[], part: Extract<Part, { readonly type: 'reasoning' }>, warnings: Warning[]): void {
  const foreign = part.origin === 'openai-chat';
  if (part.redacted === undefined) {
    content.push({ type: 'thinking', thinking: part.text, signature: foreign ? '' : (part.signature ?? '') });
  } else if (foreign) {
    warnings.push({ field: 'content', kind: 'dropped', message: 'encrypted reasoning of another provider was left out' });
  } else {
    content.push({ type: 'redacted_thinking', data: part.redacted });
  }
}

function encodeToolUse(part: Extract<Part, { readonly type: 'tool-call' }>, warnings: Warning[]): MutableJson {
  const { input, wrapped } = toToolInput(part.arguments);
  if (wrapped)
    warnings.push({ field: 'content', kind: 'changed', message: 'tool arguments that are not a JSON object were wrapped in one' });
  return { type: 'tool_use', id: part.id, name: part.name, input };
}

function appendOpaque(content: MutableJson[], wire: JsonObject): void {
  const fields = readSideFields(wire);
  const last = content.at(-1);
  if (fields === undefined) content.push({ ...wire });
  else if (last !== undefined) Object.assign(last, fields);
}

/** Our own citations are back on their blocks already; what other dialects call annotations has no form here. */
function attachAnnotations(content: readonly MutableJson[], choice: Choice, warnings: Warning[]): void {
  const attached = content.some((block) => Array.isArray(block.citations));
  if (!attached && (choice.annotations?.length ?? 0) > 0) {
    warnings.push({ field: 'annotations', kind: 'dropped', message: 'annotations of another provider have no form in this dialect' });
  }
}
