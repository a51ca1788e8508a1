// What whole answers and streams share: this grammar has room for text and a finish word, everything else is told as lost.
import type { FinishReason } from '../../canonical/chat.ts';
import type { Warning } from '../../canonical/warning.ts';
import { encodeFinish } from '../openai-chat/finish.ts';

/** `stop`, `length` or `content_filter`: the only words there are; a tool call, which nobody asked for, ends as a plain stop. */
export function finishWord(reason: FinishReason): string {
  return reason === 'tool-calls' ? 'stop' : encodeFinish(reason, { refusal: false });
}

/** Tells each kind of content that does not fit once. */
export function createLossReport(warnings: Warning[]): (kind: string) => void {
  const told = new Set<string>();
  return (kind) => {
    if (told.has(kind)) return;
    told.add(kind);
    warnings.push({ field: `content.${kind}`, kind: 'dropped', message: `a text completion cannot show ${kind}` });
  };
}
