// Events → chunks of a text completion. The envelope is the same in every chunk, so it is written once as text.
import type { ChatEvent } from '../../canonical/chat.ts';
import { systemClock } from '../../core/clock.ts';
import type { EventEncoder, EventEncoderOptions } from '../dialect.ts';
import { encodeUsage } from '../openai-chat/usage.ts';
import { createLossReport, finishWord } from './choice-text.ts';

export function createEventEncoder(options: EventEncoderOptions): EventEncoder {
  const lose = createLossReport(options.warnings);
  let envelope = '';

  function open(event: Extract<ChatEvent, { type: 'start' }>): void {
    const created = event.created > 0 ? event.created : Math.floor(systemClock.wallMs() / 1_000);
    const model = event.model === '' ? options.model : event.model;
    envelope = `data: {"id":${JSON.stringify(event.id)},"object":"text_completion","created":${created},"model":${JSON.stringify(model)},`;
  }

  /** `finish` is JSON text. */
  function chunk(choice: number | undefined, text: string, finish = 'null'): string {
    return `${envelope}"choices":[{"text":${JSON.stringify(text)},"index":${choice ?? 0},"logprobs":null,"finish_reason":${finish}}]}\n\n`;
  }

  function lost(kind: string): string {
    lose(kind);
    return '';
  }

  function push(event: ChatEvent): string {
    switch (event.type) {
      case 'start':
        open(event);
        return '';
      case 'text-delta':
      case 'refusal-delta':
        return chunk(event.choice, event.text);
      case 'finish':
        return chunk(event.choice, '', JSON.stringify(finishWord(event.reason)));
      case 'usage':
        return options.includeUsage ? `${envelope}"choices":[],"usage":${JSON.stringify(encodeUsage(event.usage))}}\n\n` : '';
      case 'reasoning-delta':
      case 'reasoning-redacted':
        return lost('reasoning');
      case 'tool-call-start':
        return lost('tool-call');
      case 'opaque':
        return lost(typeof event.wire.type === 'string' ? event.wire.type : 'opaque');
      case 'reasoning-signature':
      case 'tool-call-delta':
      case 'block-end':
        return '';
    }
  }

  return { push, end: () => 'data: [DONE]\n\n' };
}
