// Content of an input item → canonical parts. The parts are chat's under other names, so chat's own reader takes most of them.
import type { Part } from '../../canonical/chat.ts';
import { isObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { decodeContent as decodeChatContent } from '../openai-chat/decode-parts.ts';
import { invalid, nameOf, readString } from '../openai-chat/fields.ts';

/** `content` of a message, or `output` of a tool: a string, a list of parts, or nothing. */
export function decodeContent(content: JsonValue | undefined, path: string): Part[] {
  if (content === undefined || content === null) return [];
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  if (!Array.isArray(content)) throw invalid(path, `must be a string or a list of parts, not ${nameOf(content)}`);
  return content.flatMap((part: JsonValue, at: number) => decodePart(part, `${path}[${at}]`));
}

function decodePart(wire: JsonValue, path: string): Part[] {
  if (!isObject(wire)) throw invalid(path, `must be an object, not ${nameOf(wire)}`);
  switch (wire.type) {
    case 'input_image':
      return [decodeImage(wire, path)];
    case 'reasoning_text':
    case 'summary_text':
      return [];
    case 'text':
    case 'input_text':
    case 'output_text':
    case 'refusal':
    case 'input_audio':
    case 'input_file':
    case 'image_url':
    case 'file':
      return decodeChatContent([wire], path.replace(/\[\d+\]$/, ''));
    case undefined:
    case null:
      throw invalid(`${path}.type`, 'is missing; known parts are input_text, input_image, input_file and output_text');
    default:
      if (typeof wire.type !== 'string') throw invalid(`${path}.type`, `must be a string, not ${nameOf(wire.type)}`);
      return [{ type: 'opaque', dialect: 'openai-responses', wire }];
  }
}

/** Here the address is a plain member, `detail` stands beside it, and an image may be a file. */
function decodeImage(wire: JsonObject, path: string): Part {
  const id = readString(wire, 'file_id', path);
  const detail = readString(wire, 'detail', path);
  const shown = detail === undefined ? {} : { detail };
  if (id !== undefined) return { type: 'image', source: { kind: 'file-id', id }, ...shown };
  const [part] = decodeChatContent([{ type: 'input_image', image_url: wire.image_url ?? null }], path.replace(/\[\d+\]$/, ''));
  if (part?.type !== 'image') throw invalid(`${path}.image_url`, 'is missing; send an address or a data URL');
  return { ...part, ...shown };
}
