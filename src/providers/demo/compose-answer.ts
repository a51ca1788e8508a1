// An ask → what the simulator says: labelled, deterministic, and shaped by everything the request asked for.
import type { Ask, InputUsage } from './ask.ts';
import { findDemoModel } from './models.ts';
import type { DemoOptions } from './options.ts';
import { synthesize } from './synthesize.ts';
import { countTokens, cutToTokens, charsPerToken } from './tokens.ts';
import { lastWords, wantedCalls, withoutReminders, type WantedCall } from './wanted-tools.ts';

export interface Answer {
  readonly choices: readonly AnswerChoice[];
  readonly usage: AnswerUsage;
}

export interface AnswerChoice {
  readonly reasoning: string;
  readonly text: string;
  /** Why the simulator refused; '' = it did not. */
  readonly refusal: string;
  readonly calls: readonly WantedCall[];
  readonly finish: 'stop' | 'stop-sequence' | 'length' | 'tool-calls' | 'refusal';
  readonly stopSequence?: string;
}

export interface AnswerUsage extends InputUsage {
  /** Text and calls. */
  readonly output: number;
  readonly reasoning: number;
}

const refusal = 'I am the MPC-API demo simulator and was asked to refuse, so I refuse.';
const hint = 'Set a provider key such as OPENAI_API_KEY and name a model of that provider to get a real answer.';
const filler = 'This text comes from the MPC-API demo simulator; no model was called and no meaning is intended. ';
const quotedLength = 400;

export function composeAnswer(ask: Ask, options: DemoOptions): Answer {
  const choices = Array.from({ length: ask.count }, (_, index) => limit(say(ask, options, index), ask.maxTokens));
  const output = choices.reduce((sum, choice) => sum + contentTokens(choice), 0);
  const reasoning = choices.reduce((sum, choice) => sum + countTokens(choice.reasoning), 0);
  return { choices, usage: { ...ask.input, output, reasoning } };
}

function contentTokens(choice: AnswerChoice): number {
  let tokens = countTokens(choice.text) + countTokens(choice.refusal);
  for (const call of choice.calls) tokens += countTokens(call.name) + countTokens(call.arguments);
  return tokens;
}

/** The answer without regard to `max_tokens`. */
function say(ask: Ask, options: DemoOptions, index: number): AnswerChoice {
  const words = withoutReminders(lastWords(ask.turns)?.turn.text ?? '').trim();
  const reasoning = ask.reasoning ? think(ask, words) : '';
  if (words.includes('[refuse]')) return { reasoning, text: '', refusal, calls: [], finish: 'refusal' };
  const calls = wantedCalls(ask);
  if (calls.length > 0) {
    const forced = ask.toolChoice !== 'auto';
    const text = forced ? '' : `The demo simulator calls ${calls.map((call) => call.name).join(' and ')}.`;
    return { reasoning, text, refusal: '', calls, finish: 'tool-calls' };
  }
  const plain = options.tokens !== undefined ? fill(options.tokens) : answerText(ask, words);
  const text = index === 0 ? plain : `Choice ${index + 1}. ${plain}`;
  return { reasoning, refusal: '', calls: [], ...stopAt(text, ask.stops) };
}

function think(ask: Ask, words: string): string {
  const asked = words === '' ? 'The user said nothing.' : `The user said ${quote(words)}.`;
  return `${asked} I am a simulator (${ask.model}) and follow a fixed rule: name myself, mirror the words, answer.`;
}

function answerText(ask: Ask, words: string): string {
  if (ask.output === 'json') return JSON.stringify({ simulator: 'mpc-api demo', model: ask.model, said: shorten(words) });
  if (ask.output !== undefined) return JSON.stringify(synthesize(ask.output.schema, { optional: 'show' }));
  return talk(ask, words);
}

/** Label, what was seen and what was said, and a way out of the simulation. */
export function talk(ask: Pick<Ask, 'model' | 'turns'>, words: string): string {
  const manner = findDemoModel(ask.model)?.manner ?? 'brief';
  if (manner === 'echo') return words;
  const sentences = [`This is the MPC-API demo simulator (${ask.model}); no model was called.`];
  sentences.push(...describeResults(ask.turns), ...describeAttachments(ask.turns));
  if (words !== '') sentences.push(`You said: ${quote(words)}.`);
  if (manner === 'full') sentences.push(hint);
  return sentences.join(' ');
}

/** Results that came after the last words of the assistant. */
function describeResults(turns: Ask['turns']): readonly string[] {
  const lastAnswer = turns.findLastIndex((turn) => turn.role === 'assistant');
  if (lastAnswer < 0) return [];
  const names = new Map(turns.flatMap((turn) => turn.calls.map((call) => [call.id, call.name] as const)));
  return turns.slice(lastAnswer + 1).flatMap((turn) =>
    turn.results.map((result) => {
      const name = names.get(result.callId) ?? 'a tool';
      return `The tool ${name} ${result.failed ? 'failed with' : 'answered'}: ${quote(result.text)}.`;
    }),
  );
}

function describeAttachments(turns: Ask['turns']): readonly string[] {
  const words = lastWords(turns);
  const seen = turns.slice(words?.index ?? 0).flatMap((turn) => turn.attachments);
  return (['image', 'file', 'audio'] as const).flatMap((kind) => {
    const found = seen.filter((attachment) => attachment.kind === kind);
    if (found.length === 0) return [];
    const noun = kind === 'audio' ? 'audio clip' : kind;
    return [`I see ${found.length} ${noun}${found.length === 1 ? '' : 's'}: ${found.map((attachment) => attachment.about).join('; ')}.`];
  });
}

function quote(text: string): string {
  return `"${shorten(text)}"`;
}

function shorten(text: string): string {
  if (text.length <= quotedLength) return text;
  const kept = cutToTokens(text, quotedLength / charsPerToken);
  return `${kept}… (${text.length - kept.length} more characters)`;
}

/** Exactly so many tokens. */
export function fill(tokens: number): string {
  const length = tokens * charsPerToken;
  return filler.repeat(Math.ceil(length / filler.length)).slice(0, length);
}

/** The text up to the first stop sequence in it. */
export function stopAt(text: string, stops: readonly string[]): { text: string; finish: 'stop' | 'stop-sequence'; stopSequence?: string } {
  let cut = text.length;
  let stopSequence: string | undefined;
  for (const stop of stops) {
    const at = text.indexOf(stop);
    if (at >= 0 && at < cut) {
      cut = at;
      stopSequence = stop;
    }
  }
  return stopSequence === undefined ? { text, finish: 'stop' } : { text: text.slice(0, cut), finish: 'stop-sequence', stopSequence };
}

/** Thinking counts against the limit first, then the text; calls that do not fit are left out whole, for half a call is of no use. */
function limit(choice: AnswerChoice, maxTokens: number | undefined): AnswerChoice {
  if (maxTokens === undefined || countTokens(choice.reasoning) + contentTokens(choice) <= maxTokens) return choice;
  const reasoning = cutToTokens(choice.reasoning, maxTokens);
  const left = maxTokens - countTokens(reasoning);
  const { stopSequence: _unreached, ...rest } = choice;
  return {
    ...rest,
    reasoning,
    text: cutToTokens(choice.text, left),
    refusal: cutToTokens(choice.refusal, left),
    calls: [],
    finish: 'length',
  };
}
