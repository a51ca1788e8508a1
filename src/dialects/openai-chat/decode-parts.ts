// Content parts of a request message → canonical parts.
import type { CacheMark, MediaSource, Part } from '../../canonical/chat.ts';
import { asString, isObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { invalid, nameOf, readObject, readString, requireString } from './fields.ts';

/** `content`: a string, a list of parts, or nothing. */
export function decodeContent(content: JsonValue | undefined, path: string): Part[] {
  if (content === undefined || content === null) return [];
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  if (Array.isArray(content)) return content.flatMap((part: JsonValue, at: number) => decodePart(part, `${path}[${at}]`));
  throw invalid(path, `must be a string or a list of parts, not ${nameOf(content)}`);
}

function decodePart(wire: JsonValue, path: string): Part[] {
  if (typeof wire === 'string') return [{ type: 'text', text: wire }];
  if (!isObject(wire)) throw invalid(path, `must be an object, not ${nameOf(wire)}`);
  const cache = readCacheMark(wire);
  const mark = cache === undefined ? {} : { cache };
  switch (wire.type) {
    case 'text':
    case 'input_text':
    case 'output_text':
      return [{ type: 'text', text: requireString(wire, 'text', path), ...mark }];
    case 'refusal':
      return [{ type: 'refusal', text: requireString(wire, 'refusal', path) }];
    case 'image_url':
    case 'input_image':
      return [{ type: 'image', ...decodeImage(wire, path), ...mark }];
    case 'input_audio':
      return [{ type: 'audio', source: decodeAudio(wire, path), ...mark }];
    case 'file':
    case 'input_file':
      return [{ type: 'file', ...decodeFile(readObject(wire, 'file', path) ?? wire, `${path}.file`), ...mark }];
    case 'thinking':
      return decodeThinking(wire);
    case undefined:
    case null:
      throw invalid(`${path}.type`, 'is missing; known parts are text, image_url, input_audio and file');
    default:
      if (typeof wire.type !== 'string') throw invalid(`${path}.type`, `must be a string, not ${nameOf(wire.type)}`);
      return [{ type: 'opaque', dialect: 'openai-chat', wire }];
  }
}

function decodeImage(wire: JsonObject, path: string): { source: MediaSource; detail?: string } {
  const place = `${path}.image_url`;
  if (typeof wire.image_url === 'string') return { source: decodeUrl(wire.image_url, place) };
  const image = readObject(wire, 'image_url', path);
  if (image === undefined) throw invalid(place, 'is missing; it must be an object with a url');
  const detail = readString(image, 'detail', place);
  return { source: decodeUrl(requireString(image, 'url', place), `${place}.url`), ...(detail !== undefined && { detail }) };
}

function decodeAudio(wire: JsonObject, path: string): MediaSource {
  const audio = readObject(wire, 'input_audio', path);
  if (audio === undefined) throw invalid(`${path}.input_audio`, 'is missing; it must be an object with data and format');
  const format = readString(audio, 'format', `${path}.input_audio`) ?? 'wav';
  const data = requireString(audio, 'data', `${path}.input_audio`);
  return data.startsWith('data:') ? decodeUrl(data, `${path}.input_audio.data`) : { kind: 'base64', mediaType: audioType(format), data };
}

function audioType(format: string): string {
  return format === 'mp3' ? 'audio/mpeg' : `audio/${format}`;
}

function decodeFile(file: JsonObject, path: string): { source: MediaSource; filename?: string } {
  const filename = readString(file, 'filename', path);
  const named = filename === undefined ? {} : { filename };
  const id = readString(file, 'file_id', path);
  if (id !== undefined) return { source: { kind: 'file-id', id }, ...named };
  const url = readString(file, 'file_url', path);
  if (url !== undefined) return { source: decodeUrl(url, `${path}.file_url`), ...named };
  const data = readString(file, 'file_data', path);
  if (data === undefined) throw invalid(path, 'needs file_data (a data URL) or file_id');
  const source: MediaSource = data.startsWith('data:')
    ? decodeUrl(data, `${path}.file_data`)
    : { kind: 'base64', mediaType: 'application/pdf', data };
  return { source, ...named };
}

/** Mistral's thinking part in a replayed assistant message. */
function decodeThinking(wire: JsonObject): Part[] {
  const inner = Array.isArray(wire.thinking) ? wire.thinking : [];
  const text = asString(wire.thinking) ?? inner.map((item: JsonValue) => (isObject(item) ? (asString(item.text) ?? '') : '')).join('');
  return text === '' ? [] : [{ type: 'reasoning', text, origin: 'openai-chat' }];
}

/** An address or a data URL, whose parameters are dropped and whose plain form becomes base64. */
function decodeUrl(url: string, path: string): MediaSource {
  if (!/^data:/i.test(url)) return { kind: 'url', url };
  const comma = url.indexOf(',');
  if (comma === -1) throw invalid(path, 'is not a data URL: the comma before the data is missing');
  const [type = '', ...parameters] = url
    .slice(5, comma)
    .split(';')
    .map((piece) => piece.trim().toLowerCase());
  const mediaType = type === 'image/jpg' ? 'image/jpeg' : type === '' ? 'text/plain' : type;
  const data = url.slice(comma + 1);
  return { kind: 'base64', mediaType, data: parameters.includes('base64') ? data : toBase64(data, path) };
}

function toBase64(encoded: string, path: string): string {
  try {
    return Buffer.from(decodeURIComponent(encoded), 'utf8').toString('base64');
  } catch {
    throw invalid(path, 'is a data URL without the base64 mark, and its percent-encoding is broken');
  }
}

/** `cache_control` on a part, message or tool. */
export function readCacheMark(source: JsonObject): CacheMark | undefined {
  const control = source.cache_control;
  if (!isObject(control)) return undefined;
  return control.ttl === '5m' || control.ttl === '1h' ? { ttl: control.ttl } : {};
}
