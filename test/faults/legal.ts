// What a client may be shown: a complete answer in its grammar, or an error in its grammar, and nothing in between.
import { assembleMessage } from '../conformance/anthropic-messages-grammar.ts';
import { assembleCompletion } from '../conformance/openai-chat-grammar.ts';
import type { Side } from './replies.ts';

export type Outcome =
  | { readonly kind: 'answer'; readonly text: string }
  | { readonly kind: 'error'; readonly code: string }
  /** Complete by its last event; the provider's own bytes before it were spoiled. */
  | { readonly kind: 'unread' };

export interface Shown {
  readonly dialect: Side;
  readonly stream: boolean;
  readonly status: number;
  readonly text: string;
  /** The provider's bytes follow no grammar, so what passes of them need not either. */
  readonly spoiled: boolean;
}

type Wire = Readonly<Record<string, unknown>>;

/** Throws with what is wrong. */
export function readOutcome(shown: Shown): Outcome {
  if (shown.status !== 200) return { kind: 'error', code: readError(shown.dialect, JSON.parse(shown.text) as Wire) };
  return shown.stream ? readStream(shown) : readWhole(shown);
}

function readWhole({ dialect, text, spoiled }: Shown): Outcome {
  const body = JSON.parse(text) as Wire;
  if (spoiled) return { kind: 'unread' };
  if (dialect === 'anthropic') {
    const blocks = body['content'] as readonly { readonly text?: string }[];
    return { kind: 'answer', text: blocks.map((block) => block.text ?? '').join('') };
  }
  const [choice] = body['choices'] as readonly { readonly message: { readonly content: string | null } }[];
  if (choice === undefined) throw new Error('a whole answer without a choice');
  return { kind: 'answer', text: choice.message.content ?? '' };
}

function readStream({ dialect, text, spoiled }: Shown): Outcome {
  if (text !== '' && !text.endsWith('\n\n')) throw new Error(`the stream ends inside a frame: ${JSON.stringify(text.slice(-120))}`);
  const frames = text
    .split('\n\n')
    .slice(0, -1)
    .filter((frame) => !frame.split('\n').every((line) => line.startsWith(':')));
  const last = frames.at(-1);
  if (last === undefined) throw new Error('the stream ends without a word');
  const data = dataOf(last);
  if (data !== '[DONE]') {
    const event = JSON.parse(data) as Wire;
    if (event['error'] !== undefined && event['error'] !== null) return { kind: 'error', code: readError(dialect, event) };
    if (dialect === 'openai' || event['type'] !== 'message_stop')
      throw new Error(`the stream ends in silence after ${JSON.stringify(last.slice(0, 200))}`);
  }
  if (spoiled) return { kind: 'unread' };
  const clean = frames.map((frame) => `${frame}\n\n`).join('');
  if (dialect === 'openai') return { kind: 'answer', text: String(assembleCompletion(clean).message['content'] ?? '') };
  return {
    kind: 'answer',
    text: assembleMessage(clean)
      .content.map((block) => String(block['text'] ?? ''))
      .join(''),
  };
}

function readError(dialect: Side, body: Wire): string {
  const error = body['error'] as Wire;
  if (typeof error['message'] !== 'string' || typeof error['type'] !== 'string') throw new Error('an error without message and type');
  if (dialect === 'anthropic') {
    if (body['type'] !== 'error') throw new Error('an error that does not say so');
    return error['type'];
  }
  for (const field of ['code', 'param']) if (!(field in error)) throw new Error(`an error without ${field}`);
  return String(error['code']);
}

const dataOf = (frame: string): string =>
  frame
    .split('\n')
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(line[5] === ' ' ? 6 : 5))
    .join('\n');
