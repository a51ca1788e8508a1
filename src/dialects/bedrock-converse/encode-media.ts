// Images, documents and sound as bytes inside the request. The grammar takes no web address, only bytes or an object in S3.
import type { MediaSource, Part } from '../../canonical/chat.ts';
import { GatewayError } from '../../core/errors.ts';
import type { MutableJson } from '../../core/json.ts';
import { plainMediaType, readDataUrl, sniffImageType } from '../anthropic-messages/encode-media.ts';
import type { WarningList } from '../anthropic-messages/warning-list.ts';
import type { ModelFamily } from './model-family.ts';

const imageFormats: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpeg',
  'image/gif': 'gif',
  'image/webp': 'webp',
};

const documentFormats: Readonly<Record<string, string>> = {
  'application/pdf': 'pdf',
  'text/csv': 'csv',
  'application/msword': 'doc',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'application/vnd.ms-excel': 'xls',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
  'text/html': 'html',
  'text/markdown': 'md',
  'text/plain': 'txt',
};
const documentEndings = new Set(Object.values(documentFormats));

const audioFormats: Readonly<Record<string, string>> = {
  'audio/wav': 'wav',
  'audio/x-wav': 'wav',
  'audio/wave': 'wav',
  'audio/mpeg': 'mp3',
  'audio/mp3': 'mp3',
  'audio/flac': 'flac',
  'audio/ogg': 'ogg',
  'audio/opus': 'opus',
  'audio/aac': 'aac',
  'audio/mp4': 'm4a',
  'audio/m4a': 'm4a',
  'audio/webm': 'webm',
};

export function encodeImage(source: MediaSource, path: string, warnings: WarningList): MutableJson {
  const plain = takeApart(source, path);
  if (plain.kind === 'url') return { format: formatOfName(plain.url, imageEndings) ?? 'png', source: s3Source(plain.url) };
  const declared = plainMediaType(plain.mediaType);
  const mediaType = sniffImageType(plain.data) ?? declared;
  const format = Object.hasOwn(imageFormats, mediaType) ? imageFormats[mediaType] : undefined;
  if (format === undefined) throw refused(path, `${mediaType} images are not accepted; send jpeg, png, gif or webp`);
  if (mediaType !== declared) warnings.changed(path, `media type ${declared} is ${mediaType} by its bytes and was sent as such`);
  return { format, source: { bytes: plain.data } };
}

const imageEndings: Readonly<Record<string, string>> = { png: 'png', jpg: 'jpeg', jpeg: 'jpeg', gif: 'gif', webp: 'webp' };

export function encodeDocument(part: Extract<Part, { readonly type: 'file' }>, path: string, names: DocumentNames): MutableJson {
  const plain = takeApart(part.source, path);
  const name = names.take(part.filename ?? 'document');
  const ending = endingOf(part.filename ?? (plain.kind === 'url' ? plain.url : ''));
  const byEnding = ending !== undefined && documentEndings.has(ending) ? ending : undefined;
  if (plain.kind === 'url') return { format: byEnding ?? 'pdf', name, source: s3Source(plain.url) };
  const mediaType = plainMediaType(plain.mediaType);
  const declared = Object.hasOwn(documentFormats, mediaType) ? documentFormats[mediaType] : undefined;
  const format = declared === undefined || declared === 'txt' ? (byEnding ?? declared ?? textFormat(mediaType)) : declared;
  if (format === undefined) throw refused(path, `${mediaType} files are not accepted; send one of ${[...documentEndings].join(', ')}`);
  return { format, name, source: { bytes: plain.data } };
}

function textFormat(mediaType: string): string | undefined {
  return mediaType.startsWith('text/') || mediaType === 'application/json' ? 'txt' : undefined;
}

export function encodeAudio(source: MediaSource, { path, family }: { readonly path: string; readonly family: ModelFamily }): MutableJson {
  const plain = takeApart(source, path);
  if (family !== 'nova') {
    throw new GatewayError('unsupported_capability', `${path}: this model takes no audio; send text, or name a model that hears`, {
      param: path,
    });
  }
  if (plain.kind === 'url') return { format: endingOf(plain.url) ?? 'wav', source: s3Source(plain.url) };
  const mediaType = plainMediaType(plain.mediaType);
  const format = Object.hasOwn(audioFormats, mediaType) ? audioFormats[mediaType] : undefined;
  if (format === undefined) throw refused(path, `${mediaType} is not accepted; send wav, mp3, flac or ogg`);
  return { format, source: { bytes: plain.data } };
}

interface DocumentNames {
  take(name: string): string;
}

/** Names may hold only letters, digits, single spaces, hyphens and brackets, and no two of one request may be equal. */
export function createDocumentNames(): DocumentNames {
  const taken = new Set<string>();
  return {
    take(name) {
      const bare = name.replace(/\.[A-Za-z0-9]{1,5}$/, '');
      const plain = bare
        .replace(/[^A-Za-z0-9 ()[\]-]+/g, '-')
        .replace(/\s+/g, ' ')
        .trim()
        .slice(0, 190);
      const base = plain === '' || /^-+$/.test(plain) ? 'document' : plain;
      let free = base;
      for (let number = 2; taken.has(free); number += 1) free = `${base} (${number})`;
      taken.add(free);
      return free;
    },
  };
}

type Plain =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'base64'; readonly mediaType: string; readonly data: string };

function takeApart(source: MediaSource, path: string): Plain {
  switch (source.kind) {
    case 'file-id':
      throw refused(path, 'a file id of another provider means nothing here; send the content itself');
    case 'url': {
      if (source.url.startsWith('data:')) return takeApart(readDataUrl(source.url, path), path);
      if (source.url.startsWith('s3://')) return source;
      throw refused(path, 'this provider fetches no web addresses; send the content as base64, or an s3:// address');
    }
    case 'base64':
      return source;
  }
}

function s3Source(url: string): MutableJson {
  return { s3Location: { uri: url } };
}

function formatOfName(name: string, formats: Readonly<Record<string, string>>): string | undefined {
  const ending = endingOf(name);
  return ending !== undefined && Object.hasOwn(formats, ending) ? formats[ending] : undefined;
}

function endingOf(name: string): string | undefined {
  return /\.([A-Za-z0-9]{1,5})(?:[?#].*)?$/.exec(name)?.[1]?.toLowerCase();
}

function refused(path: string, message: string): GatewayError {
  return new GatewayError('unsupported_capability', `${path}: ${message}`, { param: path });
}
