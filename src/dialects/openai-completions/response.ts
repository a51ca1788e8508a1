// A whole canonical answer → a text completion.
import type { ChatResponse, Choice } from '../../canonical/chat.ts';
import type { Warning } from '../../canonical/warning.ts';
import { systemClock } from '../../core/clock.ts';
import type { JsonObject } from '../../core/json.ts';
import { encodeUsage } from '../openai-chat/usage.ts';
import { createLossReport, finishWord } from './choice-text.ts';

export function encodeResponse(response: ChatResponse, warnings: Warning[]): JsonObject {
  const lose = createLossReport(warnings);
  return {
    id: response.id,
    object: 'text_completion',
    created: response.created > 0 ? response.created : Math.floor(systemClock.wallMs() / 1_000),
    model: response.model,
    choices: response.choices.map((choice) => ({
      text: textOf(choice, lose),
      index: choice.index,
      logprobs: null,
      finish_reason: finishWord(choice.finish),
    })),
    ...(response.usage !== undefined && { usage: encodeUsage(response.usage) }),
    ...response.extensions?.['openai-chat'],
  };
}

function textOf(choice: Choice, lose: (kind: string) => void): string {
  let text = '';
  for (const part of choice.parts) {
    if (part.type === 'text' || part.type === 'refusal') text += part.text;
    else lose(part.type === 'opaque' && typeof part.wire.type === 'string' ? part.wire.type : part.type);
  }
  return text;
}
