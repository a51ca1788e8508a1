// Canonical parts → parts of `contents`.
import type { Part } from '../../canonical/chat.ts';
import type { MutableJson } from '../../core/json.ts';
import { toToolInput } from '../anthropic-messages/tool-input.ts';
import type { WarningList } from '../anthropic-messages/warning-list.ts';
import type { ToolNames } from '../openai-chat/tool-names.ts';
import { writeResponse } from './function-response.ts';
import { encodeMedia } from './media.ts';
import type { ModelFamily } from './model-family.ts';

export interface PartContext {
  readonly warnings: WarningList;
  readonly names: ToolNames;
  readonly family: ModelFamily;
}

export type CallPart = Extract<Part, { readonly type: 'tool-call' }>;
export type ResultPart = Extract<Part, { readonly type: 'tool-result' }>;

/** Every part but results, whose place is decided by the calls they answer. */
export function encodePart(part: Exclude<Part, ResultPart>, path: string, context: PartContext): MutableJson[] {
  const { warnings } = context;
  switch (part.type) {
    case 'text':
      if (part.text === '' && part.signature === undefined) return [];
      return [{ text: part.text, ...signed(part.signature) }];
    case 'refusal':
      return part.text === '' ? [] : [{ text: part.text }];
    case 'image':
    case 'audio':
    case 'file':
      return encodeMediaPart(part, path, context);
    case 'reasoning':
      if (part.origin === 'gemini') return [{ text: part.text, thought: true, ...signed(part.signature) }];
      warnings.dropped('messages', 'reasoning of another model is not sent to this one');
      return [];
    case 'tool-call':
      return [encodeCall(part, context)];
    case 'opaque':
      if (part.dialect === 'gemini') return [{ ...part.wire }];
      warnings.dropped(path, `content that only ${part.dialect} understands was left out`);
      return [];
  }
}

type MediaPart = Extract<Part, { readonly type: 'image' | 'audio' | 'file' }>;

function encodeMediaPart(part: MediaPart, path: string, { warnings }: PartContext): MutableJson[] {
  const { source } = part;
  const wire = encodeMedia(source);
  if (wire === undefined) {
    warnings.dropped(path, 'a file id of another provider means nothing to this one; send the data or an address');
    return [];
  }
  if (part.type === 'image' && part.detail !== undefined && part.detail !== 'auto') {
    warnings.dropped(`${path}.detail`, 'the detail of a single image cannot be chosen');
  }
  return [wire];
}

function encodeCall(part: CallPart, { names, warnings }: PartContext): MutableJson {
  const { input, wrapped } = toToolInput(part.arguments);
  if (wrapped) warnings.changed('messages', 'tool arguments that are not a JSON object were wrapped in one');
  return { functionCall: { id: part.id, name: names.toWire(part.name), args: input }, ...signed(part.signature) };
}

interface ResultPlace {
  readonly path: string;
  /** Name of the function that answered. */
  readonly name: string;
  readonly context: PartContext;
}

/** What a tool showed goes into its answer from the third generation on, before that into parts behind it. */
export function encodeResult(
  part: ResultPart,
  { path, name, context }: ResultPlace,
): { readonly response: MutableJson; readonly behind: MutableJson[] } {
  const text: string[] = [];
  const media: MutableJson[] = [];
  part.parts.forEach((inner, index) => {
    if (inner.type === 'tool-result' || inner.type === 'tool-call') return;
    for (const wire of encodePart(inner, `${path}.content[${index}]`, context)) {
      if (typeof wire.text === 'string') text.push(wire.text);
      else media.push(wire);
    }
  });
  const inside = media.length > 0 && (context.family.generation ?? 0) >= 3;
  if (media.length > 0 && !inside) {
    context.warnings.emulated('messages', 'media inside a tool result was moved behind it, where this model looks for it');
  }
  const response = {
    functionResponse: {
      id: part.callId,
      name: context.names.toWire(name),
      response: writeResponse({ text: text.join('\n'), isError: part.isError === true }),
      ...(inside && { parts: media }),
    },
  };
  return { response, behind: inside ? [] : media };
}

function signed(signature: string | undefined): MutableJson {
  return signature === undefined || signature === '' ? {} : { thoughtSignature: signature };
}
