// Images and documents → source blocks. The declared media type is checked against the bytes: the vendor refuses the
// whole request when they differ, and clients get it wrong often (.jpg files that hold PNG data).
import type { MediaSource } from '../../canonical/chat.ts';
import { GatewayError } from '../../core/errors.ts';
import type { MutableJson } from '../../core/json.ts';
import type { WarningList } from './warning-list.ts';

const imageTypes = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp']);

export function encodeImageSource(source: MediaSource, path: string, warnings: WarningList): MutableJson {
  if (source.kind === 'url') return encodeImageUrl(source.url, path, warnings);
  if (source.kind === 'file-id') return { type: 'file', file_id: source.id };

  const declared = plainMediaType(source.mediaType);
  const mediaType = sniffImageType(source.data) ?? declared;
  if (!imageTypes.has(mediaType)) {
    throw new GatewayError('unsupported_capability', `${path}: ${mediaType} images are not accepted; send jpeg, png, gif or webp`, {
      param: path,
    });
  }
  if (mediaType !== declared) warnings.changed(path, `media type ${declared} is ${mediaType} by its bytes and was sent as such`);
  return { type: 'base64', media_type: mediaType, data: source.data };
}

/** Data URLs that no decoder has taken apart (no base64 marker) are turned into bytes here; the vendor fetches only real URLs. */
function encodeImageUrl(url: string, path: string, warnings: WarningList): MutableJson {
  if (!url.startsWith('data:')) return { type: 'url', url };
  return encodeImageSource(readDataUrl(url, path), path, warnings);
}

export function encodeDocumentSource(source: MediaSource, path: string): MutableJson {
  if (source.kind === 'file-id') return { type: 'file', file_id: source.id };
  if (source.kind === 'url')
    return source.url.startsWith('data:') ? encodeDocumentSource(readDataUrl(source.url, path), path) : { type: 'url', url: source.url };

  const mediaType = plainMediaType(source.mediaType);
  if (mediaType === 'application/pdf') return { type: 'base64', media_type: mediaType, data: source.data };
  if (mediaType.startsWith('text/') || mediaType === 'application/json') {
    return { type: 'text', media_type: 'text/plain', data: Buffer.from(source.data, 'base64').toString('utf8') };
  }
  throw new GatewayError('unsupported_capability', `${path}: ${mediaType} files are not accepted; send PDF or plain text`, { param: path });
}

/** The type the first bytes announce, or undefined when they announce none of the accepted ones. */
export function sniffImageType(base64: string): string | undefined {
  const head = Buffer.from(base64.slice(0, 24), 'base64').toString('latin1');
  if (head.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (head.startsWith('GIF87a') || head.startsWith('GIF89a')) return 'image/gif';
  if (head.startsWith('RIFF') && head.slice(8, 12) === 'WEBP') return 'image/webp';
  return undefined;
}

export function readDataUrl(url: string, path: string): MediaSource {
  const comma = url.indexOf(',');
  if (comma < 0) throw new GatewayError('invalid_request', `${path}: the data URL has no data`, { param: path });
  const [mediaType = '', ...parameters] = url.slice('data:'.length, comma).split(';');
  const data = url.slice(comma + 1);
  if (parameters.includes('base64')) return { kind: 'base64', mediaType, data };
  return { kind: 'base64', mediaType, data: Buffer.from(percentDecode(data, path), 'latin1').toString('base64') };
}

/** Percent-escapes → bytes (as latin1 text): data URLs escape bytes, which need not be UTF-8. */
function percentDecode(text: string, path: string): string {
  if (/%(?![0-9a-fA-F]{2})/.test(text))
    throw new GatewayError('invalid_request', `${path}: the data URL has a broken escape`, { param: path });
  return text.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** `image/JPG; charset=x` → `image/jpeg`. */
export function plainMediaType(mediaType: string): string {
  const plain = (mediaType.split(';')[0] ?? '').trim().toLowerCase();
  return plain === 'image/jpg' ? 'image/jpeg' : plain;
}
