// inlineData and fileData ⇄ media sources.
import type { MediaSource, Part } from '../../canonical/chat.ts';
import type { JsonObject, MutableJson } from '../../core/json.ts';

/** The media type decides which part it is; videos have none of their own and travel as files. */
export function mediaPart(mediaType: string, source: MediaSource): Part {
  if (mediaType.startsWith('image/')) return { type: 'image', source };
  return mediaType.startsWith('audio/') ? { type: 'audio', source } : { type: 'file', source };
}

/** Media types as the vendor spells them: no parameters, `jpeg` and not `jpg`. */
function plainMediaType(mediaType: string): string {
  const plain = mediaType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return plain === 'image/jpg' ? 'image/jpeg' : plain;
}

const typesByEnd: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
  heic: 'image/heic',
  pdf: 'application/pdf',
  mp3: 'audio/mp3',
  wav: 'audio/wav',
  mp4: 'video/mp4',
  mov: 'video/quicktime',
  webm: 'video/webm',
  txt: 'text/plain',
};

/** Undefined: the source is no address that means something to the vendor. */
export function encodeMedia(source: MediaSource): MutableJson | undefined {
  switch (source.kind) {
    case 'base64':
      return { inlineData: { mimeType: plainMediaType(source.mediaType), data: source.data } };
    case 'url':
      return { fileData: { ...mediaTypeOf(source.url, source.mediaType), fileUri: source.url } };
    case 'file-id':
      return undefined;
  }
}

function mediaTypeOf(url: string, told: string | undefined): JsonObject {
  if (told !== undefined) return { mimeType: told };
  const end = /\.([a-z0-9]{2,5})(?:[?#]|$)/i.exec(url)?.[1]?.toLowerCase() ?? '';
  const guessed = Object.hasOwn(typesByEnd, end) ? typesByEnd[end] : undefined;
  return guessed === undefined ? {} : { mimeType: guessed };
}
