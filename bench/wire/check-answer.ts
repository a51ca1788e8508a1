// Decides whether an answer is right. Every answer is checked for status, length and its end; some are
// read completely and their text compared with what the upstream said.
import type { WireDialect } from './answers.ts';

export interface Expectation {
  /** The dialect the client spoke, so the one it must be answered in. */
  readonly dialect: WireDialect;
  readonly stream: boolean;
  /** The text that must arrive; undefined where the provider is not our upstream. */
  readonly text: string | undefined;
}

/** What is wrong with the end of a body; undefined when it ends as its dialect demands. */
export function endFault(expected: Expectation, tail: string): string | undefined {
  if (!expected.stream) return tail.trimEnd().endsWith('}') ? undefined : 'the JSON does not end in }';
  const terminal = expected.dialect === 'openai' ? 'data: [DONE]' : '"type":"message_stop"';
  return tail.replaceAll('": "', '":"').includes(terminal) ? undefined : `the stream ends without its terminal event: …${tail.slice(-60)}`;
}

/** What is wrong with a whole body; undefined when its text is the upstream's. */
export function textFault(expected: Expectation, body: string): string | undefined {
  let text: string;
  try {
    text = expected.stream ? streamedText(expected.dialect, body) : wholeText(expected.dialect, JSON.parse(body));
  } catch (error) {
    return `unreadable answer (${error instanceof Error ? error.message : 'unknown'}): ${body.slice(0, 120)}`;
  }
  if (expected.text === undefined) return text.length > 0 ? undefined : 'the answer has no text';
  return text === expected.text ? undefined : `wrong text: ${text.length} characters for ${expected.text.length}`;
}

interface WireAnswer {
  readonly choices?: readonly { readonly message?: { readonly content?: string }; readonly delta?: { readonly content?: string } }[];
  readonly content?: readonly { readonly text?: string }[];
  readonly delta?: { readonly text?: string };
  readonly error?: unknown;
}

function wholeText(dialect: WireDialect, answer: WireAnswer): string {
  return (dialect === 'openai' ? answer.choices?.[0]?.message?.content : answer.content?.[0]?.text) ?? '';
}

function streamedText(dialect: WireDialect, body: string): string {
  let text = '';
  for (const frame of body.split(/\r?\n\r?\n/)) {
    const data = /^data: ?(.*)$/m.exec(frame)?.[1];
    if (data === undefined || data === '[DONE]') continue;
    const event = JSON.parse(data) as WireAnswer;
    if (event.error !== undefined) throw new Error(`error event ${data.slice(0, 100)}`);
    text += (dialect === 'openai' ? event.choices?.[0]?.delta?.content : event.delta?.text) ?? '';
  }
  return text;
}
