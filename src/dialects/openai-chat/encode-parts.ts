// Canonical content parts → parts of the OpenAI grammar.
import type { CacheMark, MediaSource, Part } from '../../canonical/chat.ts';
import type { Warning } from '../../canonical/warning.ts';
import type { JsonObject } from '../../core/json.ts';

/** Collects what could not be said, each kind once: a long history would otherwise fill the header. */
export interface PartWarnings {
  dropped(field: string, message: string): void;
  emulated(field: string, message: string): void;
}

export function encodeCacheMark(cache: CacheMark | undefined): JsonObject {
  if (cache === undefined) return {};
  return { cache_control: { type: 'ephemeral', ...(cache.ttl !== undefined && { ttl: cache.ttl }) } };
}

/** Each warning once, however many parts it concerns. */
export function collectOnce(warnings: Warning[]): PartWarnings {
  const seen = new Set<string>();
  const add = (warning: Warning): void => {
    const key = `${warning.field} ${warning.message}`;
    if (seen.has(key)) return;
    seen.add(key);
    warnings.push(warning);
  };
  return {
    dropped: (field, message) => add({ field, kind: 'dropped', message }),
    emulated: (field, message) => add({ field, kind: 'emulated', message }),
  };
}

/** Parts of a system or user message, as the shortest form: a plain string where nothing needs a list. */
export function encodeContent(parts: readonly Part[], warnings: PartWarnings): string | JsonObject[] {
  const wires = parts.map((part) => encodePart(part, warnings)).filter((wire) => wire !== undefined);
  const [first] = wires;
  if (first === undefined) return '';
  return wires.length === 1 && isPlainText(first) ? String(first.text) : wires;
}

export function isPlainText(wire: JsonObject): boolean {
  return wire.type === 'text' && wire.cache_control === undefined;
}

export function encodePart(part: Part, warnings: PartWarnings): JsonObject | undefined {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return { type: 'text', text: part.text, ...(part.type === 'text' && encodeCacheMark(part.cache)) };
    case 'image':
      return encodeImage(part, warnings);
    case 'file':
      return encodeFile(part, warnings);
    case 'audio':
      return encodeAudio(part, warnings);
    case 'opaque':
      return encodeOpaque(part, warnings);
    // Written elsewhere: as members of the assistant's message, and as messages of their own.
    case 'reasoning':
    case 'tool-call':
    case 'tool-result':
      return undefined;
  }
}

function encodeImage(part: Extract<Part, { type: 'image' }>, warnings: PartWarnings): JsonObject | undefined {
  const url = toUrl(part.source);
  if (url === undefined) {
    warnings.dropped('messages', 'an image named by a file id cannot be sent to this provider');
    return undefined;
  }
  return {
    type: 'image_url',
    image_url: { url, ...(part.detail !== undefined && { detail: part.detail }) },
    ...encodeCacheMark(part.cache),
  };
}

function encodeFile(part: Extract<Part, { type: 'file' }>, warnings: PartWarnings): JsonObject | undefined {
  const { source } = part;
  const mark = encodeCacheMark(part.cache);
  if (source.kind === 'file-id') return { type: 'file', file: { file_id: source.id }, ...mark };
  if (source.kind === 'url') {
    warnings.dropped('messages', 'a document given by URL cannot be sent to this provider; send its data');
    return undefined;
  }
  // Chat completions take PDF files only; a text document is as good as text.
  if (source.mediaType.startsWith('text/')) {
    const title = part.filename === undefined ? '' : `${part.filename}:\n`;
    return { type: 'text', text: title + Buffer.from(source.data, 'base64').toString('utf8'), ...mark };
  }
  const filename = part.filename ?? 'document.pdf';
  return { type: 'file', file: { filename, file_data: `data:${source.mediaType};base64,${source.data}` }, ...mark };
}

function encodeAudio(part: Extract<Part, { type: 'audio' }>, warnings: PartWarnings): JsonObject | undefined {
  if (part.source.kind !== 'base64') {
    warnings.dropped('messages', 'audio must be sent as data to this provider');
    return undefined;
  }
  const subtype = part.source.mediaType.replace(/^audio\//, '');
  const format = subtype === 'mpeg' ? 'mp3' : subtype;
  return { type: 'input_audio', input_audio: { data: part.source.data, format }, ...encodeCacheMark(part.cache) };
}

function encodeOpaque(part: Extract<Part, { type: 'opaque' }>, warnings: PartWarnings): JsonObject | undefined {
  if (part.dialect === 'openai-chat') return typeof part.wire.type === 'string' ? part.wire : undefined;
  const kind = typeof part.wire.type === 'string' ? part.wire.type : 'unknown';
  warnings.dropped(`messages.content.${kind}`, `this provider has no ${kind} block`);
  return undefined;
}

function toUrl(source: MediaSource): string | undefined {
  if (source.kind === 'url') return source.url;
  return source.kind === 'base64' ? `data:${source.mediaType};base64,${source.data}` : undefined;
}
