// Canonical parts → content blocks of a request to the vendor.
import type { CacheMark, Part } from '../../canonical/chat.ts';
import { GatewayError } from '../../core/errors.ts';
import type { MutableJson } from '../../core/json.ts';
import type { PlainPart, ToolCallPart, ToolResultPart } from '../strict-turns.ts';
import { encodeDocumentSource, encodeImageSource } from './encode-media.ts';
import { readSideFields } from './side-fields.ts';
import { toToolInput } from './tool-input.ts';
import type { WarningList } from './warning-list.ts';
import type { ToolNames } from './wire-names.ts';

export interface BlockContext {
  readonly warnings: WarningList;
  readonly names: ToolNames;
}

/** Appends the part to `blocks`; a part without a wire form adds nothing and leaves a warning. */
export function appendBlock(blocks: MutableJson[], part: PlainPart, at: { readonly path: string; readonly context: BlockContext }): void {
  const { path, context } = at;
  switch (part.type) {
    case 'text':
    case 'refusal':
      // The vendor refuses blank text blocks; they say nothing, so nothing is lost.
      if (part.text.trim() !== '') blocks.push({ type: 'text', text: part.text, ...(part.type === 'text' && cacheControl(part.cache)) });
      return;
    case 'image':
      blocks.push({ type: 'image', source: encodeImageSource(part.source, path, context.warnings), ...cacheControl(part.cache) });
      return;
    case 'file':
      blocks.push({
        type: 'document',
        source: encodeDocumentSource(part.source, path),
        ...(part.filename !== undefined && { title: part.filename }),
        ...cacheControl(part.cache),
      });
      return;
    case 'audio':
      throw new GatewayError('unsupported_capability', `${path}: this model takes no audio; send text, or name a model that hears`, {
        param: path,
      });
    case 'reasoning':
      appendReasoning(blocks, part, context.warnings);
      return;
    case 'opaque':
      appendOpaque(blocks, part, context.warnings);
  }
}

/** Only the vendor's own thinking goes back, untouched: it checks the signature and refuses what it did not write. */
function appendReasoning(blocks: MutableJson[], part: Extract<Part, { readonly type: 'reasoning' }>, warnings: WarningList): void {
  if (part.origin === 'anthropic-messages' && part.redacted !== undefined) {
    blocks.push({ type: 'redacted_thinking', data: part.redacted });
  } else if (part.origin === 'anthropic-messages' && part.signature !== undefined && part.signature !== '') {
    blocks.push({ type: 'thinking', thinking: part.text, signature: part.signature });
  } else {
    warnings.dropped('messages[].reasoning', 'reasoning of another provider cannot be replayed to this one');
  }
}

function appendOpaque(blocks: MutableJson[], part: Extract<Part, { readonly type: 'opaque' }>, warnings: WarningList): void {
  if (part.dialect !== 'anthropic-messages') {
    warnings.dropped('messages[].content', `content that only ${part.dialect} understands was left out`);
    return;
  }
  const sideFields = readSideFields(part.wire);
  if (sideFields === undefined) {
    blocks.push({ ...part.wire });
    return;
  }
  const last = blocks.at(-1);
  if (last !== undefined) Object.assign(last, sideFields);
}

export function encodeToolUse(part: ToolCallPart, wireId: string, context: BlockContext): MutableJson {
  const { input, wrapped } = toToolInput(part.arguments);
  if (wrapped) context.warnings.changed('messages[].tool_calls[].arguments', 'arguments that are not a JSON object were wrapped in one');
  return { type: 'tool_use', id: wireId, name: context.names.toWire(part.name), input, ...cacheControl(part.cache) };
}

export function encodeToolResult(
  part: ToolResultPart,
  wireId: string,
  at: { readonly path: string; readonly context: BlockContext },
): MutableJson {
  const blocks: MutableJson[] = [];
  part.parts.forEach((inner, index) => {
    const path = `${at.path}.content[${index}]`;
    if (inner.type === 'tool-call' || inner.type === 'tool-result')
      at.context.warnings.dropped(path, 'a tool result cannot hold tool calls or results');
    else appendBlock(blocks, inner, { path, context: at.context });
  });
  const [only] = blocks;
  const content = blocks.length === 1 && only !== undefined && isBareText(only) ? only.text : blocks;
  return {
    type: 'tool_result',
    tool_use_id: wireId,
    ...(blocks.length > 0 && { content }),
    ...(part.isError === true && { is_error: true }),
    ...cacheControl(part.cache),
  };
}

function isBareText(block: MutableJson): boolean {
  return block.type === 'text' && Object.keys(block).length === 2;
}

/** A cache mark as a spreadable member. */
export function cacheControl(cache: CacheMark | undefined): MutableJson {
  if (cache === undefined) return {};
  return { cache_control: { type: 'ephemeral', ...(cache.ttl !== undefined && { ttl: cache.ttl }) } };
}
