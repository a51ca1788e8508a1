// Remote pictures and files of a request, put into it as data: for upstreams that read no addresses.
import type { ChatRequest, MediaSource, Message, Part } from '../canonical/chat.ts';
import type { FetchedMedia, MediaFetcher } from '../transport/fetch-media.ts';

export type { MediaFetcher };

/** Addresses that must be fetched; those that the upstream reads itself (`except`) and what is no web address stay. */
export function remoteMedia(request: ChatRequest, except: RegExp | undefined): readonly string[] {
  const urls = new Set<string>();
  for (const message of request.messages) for (const part of message.parts) visit(part, (url) => urls.add(url));
  return [...urls].filter((url) => /^https?:/i.test(url) && except?.test(url) !== true);
}

function visit(part: Part, found: (url: string) => void): void {
  if (part.type === 'tool-result') for (const inner of part.parts) visit(inner, found);
  else if ((part.type === 'image' || part.type === 'audio' || part.type === 'file') && part.source.kind === 'url') found(part.source.url);
}

/** At most this many at once: a request with a hundred pictures must not open a hundred connections. */
const atOnce = 4;

export async function fetchAll(urls: readonly string[], fetcher: MediaFetcher): Promise<ReadonlyMap<string, FetchedMedia>> {
  const fetched = new Map<string, FetchedMedia>();
  for (let at = 0; at < urls.length; at += atOnce) {
    await Promise.all(urls.slice(at, at + atOnce).map(async (url) => fetched.set(url, await fetcher.fetch(url))));
  }
  return fetched;
}

export function withInlineMedia(request: ChatRequest, media: ReadonlyMap<string, FetchedMedia>): ChatRequest {
  const inline = (source: MediaSource): MediaSource => {
    const found = source.kind === 'url' ? media.get(source.url) : undefined;
    return found === undefined ? source : { kind: 'base64', mediaType: found.mediaType, data: found.data.toString('base64') };
  };
  const change = (part: Part): Part => {
    if (part.type === 'tool-result') return { ...part, parts: part.parts.map(change) };
    return part.type === 'image' || part.type === 'audio' || part.type === 'file' ? { ...part, source: inline(part.source) } : part;
  };
  return { ...request, messages: request.messages.map((message): Message => ({ ...message, parts: message.parts.map(change) })) };
}
