// Decides whether an answer is right. Every answer is checked for status, length and its end; some are
// read completely and their text compared with what the upstream said.
import type { WireDialect } from './wire-dialect.ts';

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
  return terminals[expected.dialect].test(tail.replaceAll('": ', '":'))
    ? undefined
    : `the stream ends without its terminal event: …${tail.slice(-60)}`;
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

/** What a stream that came to its end has near its end. */
const terminals: Readonly<Record<WireDialect, RegExp>> = {
  openai: /data: ?\[DONE\]/,
  // Its last event repeats the whole answer, so that its name is out of sight here.
  responses: /"total_tokens":\d+\}/,
  anthropic: /"type":"message_stop"/,
  gemini: /"finishReason":"STOP"/,
  bedrock: /"usage":\{/,
  cohere: /"usage":\{[^]*\}\s*$/,
  ollama: /"eval_duration":\d+\}\s*$/,
};

/** The members in which the grammars put a piece of text. */
interface WireAnswer {
  readonly type?: string;
  readonly choices?: readonly { readonly message?: { readonly content?: string }; readonly delta?: { readonly content?: string } }[];
  readonly content?: readonly { readonly text?: string }[];
  readonly delta?: string | { readonly text?: string; readonly message?: { readonly content?: { readonly text?: string } } };
  readonly candidates?: readonly { readonly content?: { readonly parts?: readonly { readonly text?: string }[] } }[];
  readonly message?: { readonly content?: string };
  /** Of a transcription. */
  readonly text?: string;
  readonly error?: unknown;
}

function wholeText(dialect: WireDialect, answer: WireAnswer): string {
  return (dialect === 'openai' ? answer.choices?.[0]?.message?.content : answer.content?.[0]?.text) ?? answer.text ?? '';
}

function streamedText(dialect: WireDialect, body: string): string {
  let text = '';
  for (const data of eventsIn(dialect, body)) {
    if (data === '[DONE]') continue;
    const event = JSON.parse(data) as WireAnswer;
    if (event.error !== undefined && event.error !== null) throw new Error(`error event ${data.slice(0, 100)}`);
    text += pieceOf(dialect, event) ?? '';
  }
  return text;
}

function eventsIn(dialect: WireDialect, body: string): string[] {
  if (dialect === 'ollama') return body.split('\n').filter((line) => line !== '');
  // Frames with a binary head, whose payload is the only JSON between two of them.
  if (dialect === 'bedrock') return [...body.matchAll(/\{"(?:[^{}]|\{[^{}]*\})*"p":"[a-z]*"\}/g)].map(([payload]) => payload);
  return body.split(/\r?\n\r?\n/).flatMap((frame) => /^data: ?(.*)$/m.exec(frame)?.[1] ?? []);
}

function pieceOf(dialect: WireDialect, event: WireAnswer): string | undefined {
  const { delta } = event;
  switch (dialect) {
    case 'openai':
      return event.choices?.[0]?.delta?.content;
    case 'gemini':
      return event.candidates?.[0]?.content?.parts?.[0]?.text;
    case 'ollama':
      return event.message?.content;
    case 'responses':
      return event.type === 'response.output_text.delta' && typeof delta === 'string' ? delta : undefined;
    case 'cohere':
      return event.type === 'content-delta' && typeof delta === 'object' ? delta.message?.content?.text : undefined;
    case 'anthropic':
    case 'bedrock':
      return typeof delta === 'object' ? delta.text : undefined;
  }
}
