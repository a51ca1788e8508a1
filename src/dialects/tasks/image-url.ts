// A picture as OpenAI names it: an address, or a data URL.
import type { MediaSource } from '../../canonical/chat.ts';

export function readImageUrl(url: string): MediaSource {
  const match = /^data:([\w.+-]+\/[\w.+-]+)?(?:;[^,]*)?;base64,/i.exec(url.slice(0, 200));
  return match === null ? { kind: 'url', url } : { kind: 'base64', mediaType: match[1] ?? 'image/png', data: url.slice(match[0].length) };
}

export function writeImageUrl(source: MediaSource): string {
  if (source.kind === 'url') return source.url;
  return source.kind === 'base64' ? `data:${source.mediaType};base64,${source.data}` : source.id;
}

/** What a picture is, by its first bytes. */
export function imageTypeOf(data: Buffer): 'image/png' | 'image/jpeg' | 'image/webp' | 'image/gif' | undefined {
  if (data.length < 12) return undefined;
  if (data.readUInt32BE(0) === 0x89504e47) return 'image/png';
  if (data.readUInt16BE(0) === 0xffd8) return 'image/jpeg';
  if (data.toString('latin1', 0, 4) === 'RIFF' && data.toString('latin1', 8, 12) === 'WEBP') return 'image/webp';
  return data.toString('latin1', 0, 4) === 'GIF8' ? 'image/gif' : undefined;
}
