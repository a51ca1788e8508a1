// Canonical parts → content blocks. Each block is an object with one member, named after its kind.
import type { CacheMark, Part } from '../../canonical/chat.ts';
import type { MutableJson } from '../../core/json.ts';
import { toToolInput } from '../anthropic-messages/tool-input.ts';
import type { WarningList } from '../anthropic-messages/warning-list.ts';
import type { ToolNames } from '../anthropic-messages/wire-names.ts';
import { proofOrigin } from '../reasoning-proof.ts';
import type { BlockWriter, PlainPart, ToolResultPart } from '../strict-turns.ts';
import { cachePoint } from './cache-points.ts';
import { createDocumentNames, encodeAudio, encodeDocument, encodeImage } from './encode-media.ts';
import { type ModelFamily, takesCachePoints } from './model-family.ts';

interface WriterContext {
  readonly family: ModelFamily;
  readonly names: ToolNames;
  readonly warnings: WarningList;
}

export function createBlockWriter({ family, names, warnings }: WriterContext): BlockWriter {
  const documentNames = createDocumentNames();

  function mark(cache: CacheMark | undefined): MutableJson[] {
    if (cache === undefined) return [];
    if (takesCachePoints(family).content) return [cachePoint(cache)];
    warnings.dropped('cache_control', 'this model has no prompt cache that can be marked');
    return [];
  }

  function append(blocks: MutableJson[], part: PlainPart, path: string): void {
    switch (part.type) {
      case 'text':
      case 'refusal':
        // Blank text blocks are refused; they say nothing, so nothing is lost.
        if (part.text.trim() !== '') blocks.push({ text: part.text }, ...(part.type === 'text' ? mark(part.cache) : []));
        return;
      case 'image':
        blocks.push({ image: encodeImage(part.source, path, warnings) }, ...mark(part.cache));
        return;
      case 'file':
        blocks.push({ document: encodeDocument(part, path, documentNames) }, ...mark(part.cache));
        return;
      case 'audio':
        blocks.push({ audio: encodeAudio(part.source, { path, family }) }, ...mark(part.cache));
        return;
      case 'reasoning':
        appendReasoning(blocks, part, { family, warnings });
        return;
      case 'opaque':
        if (part.dialect === 'bedrock-converse') blocks.push({ ...part.wire });
        else warnings.dropped('messages[].content', `content that only ${part.dialect} understands was left out`);
    }
  }

  function resultContent(part: ToolResultPart, path: string): MutableJson[] {
    const blocks: MutableJson[] = [];
    part.parts.forEach((inner, index) => {
      const at = `${path}.content[${index}]`;
      if (inner.type === 'tool-call' || inner.type === 'tool-result')
        warnings.dropped(at, 'a tool result cannot hold tool calls or results');
      else append(blocks, inner, at);
    });
    // A result has no cache points inside; those of its parts stand behind it.
    return blocks;
  }

  return {
    append,
    text: (text) => ({ text }),
    toolCall(part, wireId) {
      const { input, wrapped } = toToolInput(part.arguments);
      if (wrapped) warnings.changed('messages[].tool_calls[].arguments', 'arguments that are not a JSON object were wrapped in one');
      return [{ toolUse: { toolUseId: wireId, name: names.toWire(part.name), input } }, ...mark(part.cache)];
    },
    toolResult(part, wireId, path) {
      const content = resultContent(part, path);
      const inner = content.filter((block) => block.cachePoint === undefined);
      const points = content.filter((block) => block.cachePoint !== undefined).slice(-1);
      return [
        {
          toolResult: {
            toolUseId: wireId,
            // An empty list is refused by some models, a blank text by all.
            content: inner.length > 0 ? inner : [{ text: '(no output)' }],
            ...(part.isError === true && { status: 'error' }),
          },
        },
        ...(part.cache === undefined ? points : mark(part.cache)),
      ];
    },
    failedResult: (wireId, text) => ({ toolResult: { toolUseId: wireId, content: [{ text }], status: 'error' } }),
  };
}

/**
 * Only Claude's signed thinking goes back, untouched: it checks the signature and refuses what it did not write. A signature counts
 * the same at Anthropic and here. Unsigned reasoning of other models is refused.
 */
function appendReasoning(
  blocks: MutableJson[],
  part: Extract<Part, { readonly type: 'reasoning' }>,
  { family, warnings }: { readonly family: ModelFamily; readonly warnings: WarningList },
): void {
  const proof = part.redacted ?? part.signature ?? '';
  const ours = part.origin === 'anthropic-messages' || part.origin === 'bedrock-converse';
  if (!ours || family !== 'claude' || proof === '' || proofOrigin(proof) !== undefined) {
    warnings.dropped('messages[].reasoning', 'reasoning of another provider cannot be replayed to this one');
  } else if (part.redacted !== undefined) {
    blocks.push({ reasoningContent: { redactedContent: part.redacted } });
  } else {
    blocks.push({ reasoningContent: { reasoningText: { text: part.text, signature: proof } } });
  }
}
