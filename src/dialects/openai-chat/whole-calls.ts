// OpenAI's grammar for clients that check every piece of a stream against the schema of another vendor: Mistral's SDK knows a tool
// call only whole, with its name, and refuses `usage: null`, which OpenAI sends in every piece (@mistralai/mistralai 2.7.0, read 2026-11).
import type { ChatEvent } from '../../canonical/chat.ts';
import type { ClientDialect, EventEncoder, EventEncoderOptions } from '../dialect.ts';
import { openaiChat } from './dialect.ts';

type CallStart = Extract<ChatEvent, { type: 'tool-call-start' }>;

/** Its own content type keeps its streams from being passed through: the provider's pieces are what such a client refuses. */
export const openaiChatWholeCalls: ClientDialect = {
  ...openaiChat,
  streamContentType: 'text/event-stream; charset=utf-8',
  createEventEncoder: createWholeCallsEncoder,
};

/** Does a client of this name want whole calls? The TypeScript and Python SDKs name themselves `mistral-client-…`, the former also after its generator. */
export function wantsWholeCalls(userAgent: string | undefined): boolean {
  return userAgent !== undefined && /mistral-client|@mistralai\//.test(userAgent);
}

function createWholeCallsEncoder(options: EventEncoderOptions): EventEncoder {
  // Its vendor sends usage unasked, and its programs count on that.
  const inner = openaiChat.createEventEncoder({ ...options, includeUsage: true });
  const held = new Map<number, { readonly start: CallStart; arguments: string }>();

  function release(block: number): string {
    const call = held.get(block);
    if (call === undefined) return '';
    held.delete(block);
    const frames = inner.push(call.start);
    const at = frames.lastIndexOf(noArguments);
    return at === -1
      ? frames
      : `${frames.slice(0, at)}"arguments":${JSON.stringify(call.arguments)}${frames.slice(at + noArguments.length)}`;
  }

  return {
    push(event) {
      switch (event.type) {
        case 'tool-call-start':
          held.set(event.block, { start: event, arguments: '' });
          return '';
        case 'tool-call-delta': {
          const call = held.get(event.block);
          if (call !== undefined) call.arguments += event.arguments;
          return '';
        }
        case 'block-end':
          return release(event.block) + inner.push(event);
        case 'finish':
          return [...held.keys()].map(release).join('') + inner.push(event);
        default:
          return inner.push(event);
      }
    },
    end: () => inner.end(),
  };
}

/** What the encoder writes for a call that has just begun. */
const noArguments = '"arguments":""';
