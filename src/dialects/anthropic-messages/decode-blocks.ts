// Content blocks of a caller's request → canonical parts. Blocks we have no word for stay opaque and untouched.
import type { CacheMark, MediaSource, Part } from '../../canonical/chat.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { proofOrigin } from '../reasoning-proof.ts';
import { sideFieldsPart } from './side-fields.ts';
import { optionalBoolean, optionalObject, optionalString, requireArray, requireObject, requireString, wrongField } from './wire-field.ts';

/** `content` of a message, a system prompt or a tool result: a string or blocks. */
export function decodeContent(content: JsonValue | undefined, path: string): Part[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  if (!Array.isArray(content)) throw wrongField(path, 'a string or an array of content blocks');
  return requireArray(content, path).flatMap((block, index) => decodeBlock(block, `${path}[${index}]`));
}

function decodeBlock(value: JsonValue, path: string): Part[] {
  const block = requireObject(value, path);
  switch (requireString(block.type, `${path}.type`)) {
    case 'text':
      return decodeText(block, path);
    case 'image':
      return [{ type: 'image', source: decodeSource(block.source, `${path}.source`), ...readCache(block, path) }];
    case 'document':
      return decodeDocument(block, path);
    case 'tool_use':
      return [decodeToolUse(block, path)];
    case 'tool_result':
      return [decodeToolResult(block, path)];
    case 'thinking':
      return [decodeThinking(block, path)];
    case 'redacted_thinking':
      return [decodeRedacted(requireString(block.data, `${path}.data`))];
    default:
      return [{ type: 'opaque', dialect: 'anthropic-messages', wire: block }];
  }
}

function decodeText(block: JsonObject, path: string): Part[] {
  const text: Part = { type: 'text', text: requireString(block.text, `${path}.text`), ...readCache(block, path) };
  const { citations } = block;
  return Array.isArray(citations) && citations.length > 0 ? [text, sideFieldsPart({ citations })] : [text];
}

function decodeDocument(block: JsonObject, path: string): Part[] {
  const source = requireObject(block.source, `${path}.source`);
  // A source made of blocks exists in this dialect only.
  if (source.type === 'content') return [{ type: 'opaque', dialect: 'anthropic-messages', wire: block }];
  const title = optionalString(block.title, `${path}.title`);
  const file: Part = {
    type: 'file',
    source: decodeSource(source, `${path}.source`),
    ...(title !== undefined && { filename: title }),
    ...readCache(block, path),
  };
  const fields = {
    ...(block.citations !== undefined && block.citations !== null && { citations: block.citations }),
    ...(block.context !== undefined && block.context !== null && { context: block.context }),
  };
  return Object.keys(fields).length > 0 ? [file, sideFieldsPart(fields)] : [file];
}

function decodeSource(value: JsonValue | undefined, path: string): MediaSource {
  const source = requireObject(value, path);
  switch (source.type) {
    case 'base64':
      return {
        kind: 'base64',
        mediaType: requireString(source.media_type, `${path}.media_type`),
        data: requireString(source.data, `${path}.data`),
      };
    case 'text':
      return {
        kind: 'base64',
        mediaType: optionalString(source.media_type, `${path}.media_type`) ?? 'text/plain',
        data: Buffer.from(requireString(source.data, `${path}.data`), 'utf8').toString('base64'),
      };
    case 'url':
      return { kind: 'url', url: requireString(source.url, `${path}.url`) };
    case 'file':
      return { kind: 'file-id', id: requireString(source.file_id, `${path}.file_id`) };
    default:
      throw wrongField(`${path}.type`, 'one of base64, text, url, file');
  }
}

function decodeToolUse(block: JsonObject, path: string): Part {
  return {
    type: 'tool-call',
    id: requireString(block.id, `${path}.id`),
    name: requireString(block.name, `${path}.name`),
    arguments: JSON.stringify(optionalObject(block.input, `${path}.input`) ?? {}),
    ...readCache(block, path),
  };
}

function decodeToolResult(block: JsonObject, path: string): Part {
  const { content } = block;
  const isError = optionalBoolean(block.is_error, `${path}.is_error`);
  return {
    type: 'tool-result',
    callId: requireString(block.tool_use_id, `${path}.tool_use_id`),
    parts: content === undefined || content === null ? [] : decodeContent(content, `${path}.content`),
    ...(isError === true && { isError }),
    ...readCache(block, path),
  };
}

function decodeThinking(block: JsonObject, path: string): Part {
  const signature = optionalString(block.signature, `${path}.signature`);
  const text = requireString(block.thinking, `${path}.thinking`);
  // Unsigned thinking is not the vendor's own (we showed it for another provider): it has no origin and is never replayed there.
  if (signature === undefined || signature === '') return { type: 'reasoning', text };
  return { type: 'reasoning', text, signature, origin: proofOrigin(signature) ?? 'anthropic-messages' };
}

function decodeRedacted(redacted: string): Part {
  return { type: 'reasoning', text: '', redacted, origin: proofOrigin(redacted) ?? 'anthropic-messages' };
}

/** `cache_control` of a block or tool, as a spreadable member. */
export function readCache(block: JsonObject, path: string): { readonly cache?: CacheMark } {
  const control = optionalObject(block.cache_control, `${path}.cache_control`);
  if (control === undefined) return {};
  return { cache: control.ttl === '5m' || control.ttl === '1h' ? { ttl: control.ttl } : {} };
}
