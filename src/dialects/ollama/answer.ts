// A whole answer in Ollama's grammar, and the pieces its streams share with it.
import type { ChatResponse, Choice, FinishReason, Part } from '../../canonical/chat.ts';
import { inputTotal, outputTotal, type Usage } from '../../canonical/usage.ts';
import type { Warning } from '../../canonical/warning.ts';
import { systemClock } from '../../core/clock.ts';
import type { JsonObject } from '../../core/json.ts';
import { toToolInput } from '../anthropic-messages/tool-input.ts';

/** `chat` says it in `message`, `generate` in `response`. */
export type AnswerForm = 'chat' | 'generate';

export interface Said {
  readonly text: string;
  readonly thinking?: string;
  readonly calls?: readonly JsonObject[];
}

export interface AnswerContext {
  readonly form: AnswerForm;
  readonly elapsedMs: () => number;
  readonly warnings: Warning[];
}

export function encodeAnswer(response: ChatResponse, { form, elapsedMs, warnings }: AnswerContext): JsonObject {
  const choice: Choice = response.choices[0] ?? { index: 0, parts: [], finish: 'stop' };
  if (response.choices.length > 1)
    warnings.push({ field: 'n', kind: 'dropped', message: 'the dialect has one answer; the others were left out' });
  const said = collect(choice.parts, { form, warnings });
  if ((choice.annotations?.length ?? 0) > 0) {
    warnings.push({ field: 'annotations', kind: 'dropped', message: 'annotations have no form in this dialect' });
  }
  const lost = lostFinish(choice.finish);
  if (lost !== undefined) warnings.push(lost);
  return {
    model: response.model,
    created_at: timestamp(),
    ...place(form, said),
    ...encodeEnd({ finish: choice.finish, usage: response.usage, totalMs: elapsedMs() }),
  };
}

function collect(parts: readonly Part[], { form, warnings }: { readonly form: AnswerForm; readonly warnings: Warning[] }): Said {
  let text = '';
  let thinking = '';
  const calls: JsonObject[] = [];
  for (const part of parts) {
    if ('signature' in part && part.signature !== undefined) warnings.push(unsigned);
    if (part.type === 'text' || part.type === 'refusal') text += part.text;
    else if (part.type === 'reasoning') {
      thinking += part.text;
      if (part.redacted !== undefined) warnings.push(unsigned);
    } else if (part.type === 'tool-call') {
      if (form === 'chat') calls.push(encodeCall(part, { index: calls.length, warnings }));
      else warnings.push(noCalls);
    } else warnings.push({ field: 'message', kind: 'dropped', message: droppedMessage(part) });
  }
  return { text, ...(thinking !== '' && { thinking }), ...(calls.length > 0 && { calls }) };
}

function droppedMessage(part: Part): string {
  return part.type === 'opaque'
    ? `content that only ${part.dialect} understands was left out`
    : `${part.type} output has no form in this dialect`;
}

export const unsigned: Warning = {
  field: 'message.thinking',
  kind: 'dropped',
  message: 'this dialect has no place for the signature or the encrypted form of reasoning',
};

export const noCalls: Warning = { field: 'response', kind: 'dropped', message: 'tool calls have no form in /api/generate; use /api/chat' };

/** Undefined where a word of the grammar says it. */
export function lostFinish(reason: FinishReason): Warning | undefined {
  if (reason !== 'content-filter' && reason !== 'refusal') return undefined;
  return { field: 'done_reason', kind: 'changed', message: 'the model refused; this dialect has no word for it and says stop' };
}

export interface CallPart {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

/** Arguments are an object in this grammar; broken ones are wrapped, so that the reader sees what the model wrote. */
export function encodeCall(call: CallPart, { index, warnings }: { readonly index: number; readonly warnings: Warning[] }): JsonObject {
  const { input, wrapped } = toToolInput(call.arguments);
  if (wrapped) {
    warnings.push({
      field: 'message.tool_calls',
      kind: 'changed',
      message: 'tool arguments that are not a JSON object were wrapped in one',
    });
  }
  return { id: call.id, function: { index, name: call.name, arguments: input } };
}

/** What was said, where this form has it. */
export function place(form: AnswerForm, { text, thinking, calls }: Said): JsonObject {
  const shown = thinking === undefined ? {} : { thinking };
  if (form === 'generate') return { response: text, ...shown };
  return { message: { role: 'assistant', content: text, ...shown, ...(calls !== undefined && { tool_calls: calls }) } };
}

let stampedMs = Number.NaN;
let stamp = '';

/** Every line has one, and many lines are written in one millisecond. */
export function timestamp(): string {
  const nowMs = systemClock.wallMs();
  if (nowMs !== stampedMs) {
    stampedMs = nowMs;
    stamp = new Date(nowMs).toISOString();
  }
  return stamp;
}

export interface AnswerEnd {
  readonly finish: FinishReason;
  readonly usage: Usage | undefined;
  readonly totalMs: number;
  /** Until the first content; the whole time where it is not known. */
  readonly firstMs?: number | undefined;
}

const nanosecondsPerMs = 1_000_000;

/** The members that end an answer. Tools show tokens per second, so no duration is 0. */
export function encodeEnd({ finish, usage, totalMs, firstMs }: AnswerEnd): JsonObject {
  const nanoseconds = (durationMs: number): number => Math.max(1, Math.round(durationMs * nanosecondsPerMs));
  return {
    done: true,
    done_reason: finish === 'length' ? 'length' : 'stop',
    total_duration: nanoseconds(totalMs),
    load_duration: 1,
    ...(usage !== undefined && { prompt_eval_count: inputTotal(usage) }),
    prompt_eval_duration: nanoseconds(firstMs ?? totalMs),
    ...(usage !== undefined && { eval_count: outputTotal(usage) }),
    eval_duration: nanoseconds(firstMs === undefined ? totalMs : totalMs - firstMs),
  };
}

/** The answer to an empty chat or prompt, which asks only that the model be loaded. */
export function encodeLoaded(model: string, form: AnswerForm): JsonObject {
  return { model, created_at: timestamp(), ...place(form, { text: '' }), done_reason: 'load', done: true };
}
