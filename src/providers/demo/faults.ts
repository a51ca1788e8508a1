// When a fault strikes, and what it does to an answer: to its head, to a whole body, to the frames of a stream.
import { hash } from 'node:crypto';
import type { Random } from '../../core/random.ts';
import type { DemoOptions } from './options.ts';
import type { ProblemFacts } from './problem.ts';
import { jsonType, streamType, toHeaders, type DemoReply, type StreamScript } from './reply.ts';

const rememberedDrills = 1_000;
/** Longer than any sensible first-byte limit. */
const slowHeadMs = 120_000;
/** Tokens of the one frame of `bigframe`: 10 MiB of text. */
export const bigFrameTokens = (10 * 1024 * 1024) / 4;

/** Does the fault of these options strike this call? Counts calls, so ask once per call. */
export type FaultSwitch = (options: DemoOptions) => boolean;

export function createFaultSwitch(random: Random): FaultSwitch {
  const calls = new Map<string, number>();
  const countCall = (drill: string): number => {
    const count = calls.get(drill) ?? 0;
    calls.delete(drill);
    calls.set(drill, count + 1);
    for (const oldest of calls.keys()) {
      if (calls.size <= rememberedDrills) break;
      calls.delete(oldest);
    }
    return count;
  };
  return (options) => {
    if (options.fault === undefined) return false;
    const counted = options.times !== undefined || options.seed !== undefined;
    const earlier = counted ? countCall(`${options.seed ?? ''}|${options.text}`) : 0;
    if (options.times !== undefined && earlier >= options.times) return false;
    if (options.rate >= 1) return true;
    return (options.seed === undefined ? random() : seededRandom(options.seed, earlier)) < options.rate;
  };
}

function seededRandom(seed: string, position: number): number {
  return Number.parseInt(hash('sha256', `${seed}:${position}`, 'hex').slice(0, 8), 16) / 2 ** 32;
}

/** A fault that answers with an error in place of the answer; undefined for all others. */
export function faultProblem(options: DemoOptions): ProblemFacts | undefined {
  const { fault } = options;
  if (fault === 'quota') return { status: 429, code: 'insufficient_quota', message: 'You exceeded your current quota (demo fault).' };
  if (fault === 'context') {
    return {
      status: 400,
      code: 'context_length_exceeded',
      param: 'messages',
      message: 'prompt is too long: the demo fault "context" strikes every prompt.',
    };
  }
  if (typeof fault !== 'number') return undefined;
  return {
    status: fault,
    ...statusProblems[fault],
    message: statusProblems[fault]?.message ?? `The demo simulator was asked to fail with ${fault}.`,
  };
}

const statusProblems: Readonly<Record<number, { readonly code?: string; readonly message: string }>> = {
  401: { code: 'invalid_api_key', message: 'Incorrect API key provided (demo fault).' },
  404: { code: 'model_not_found', message: 'The model does not exist or you do not have access to it (demo fault).' },
  429: { code: 'rate_limit_exceeded', message: 'Rate limit reached (demo fault).' },
};

/** A fault that replaces head and body by something that is no answer at all; undefined for all others. */
export function nonsenseReply(options: DemoOptions, stream: boolean): DemoReply | undefined {
  const base = { status: 200, headDelayMs: options.latencyMs, body: [] as Buffer[], gapMs: 0, ending: 'end' } as const;
  switch (options.fault) {
    case 'html':
      return { ...base, headers: toHeaders({ 'content-type': 'text/html; charset=utf-8' }), body: [Buffer.from(htmlPage)] };
    case 'error-body':
      return {
        ...base,
        headers: toHeaders({ 'content-type': jsonType }),
        body: [
          Buffer.from('{"error":{"message":"Status 200, and yet an error (demo fault).","type":"server_error","param":null,"code":null}}'),
        ],
      };
    case 'empty':
      return { ...base, headers: toHeaders({ 'content-type': stream ? streamType : jsonType }) };
    case 'empty-500':
      return { ...base, status: 500, headers: toHeaders({ 'content-length': '0' }) };
    case 'reset':
      return options.after > 0 ? undefined : { ...base, headers: toHeaders({}), ending: 'reset-early' };
    default:
      return undefined;
  }
}

const htmlPage = '<!doctype html><html><head><title>502</title></head><body><h1>Bad gateway</h1><p>demo fault</p></body></html>';

export function headDelayMs(options: DemoOptions): number {
  return options.latencyMs + (options.fault === 'slowhead' ? slowHeadMs : 0);
}

/** A whole body, spoiled: what breaks a stream after N frames breaks this in its middle. */
export function spoilBody(body: Buffer, options: DemoOptions): Pick<DemoReply, 'body' | 'ending'> {
  const half = body.subarray(0, Math.ceil(body.length / 2));
  switch (options.fault) {
    case 'json':
      return { body: [half], ending: 'end' };
    case 'reset':
      return { body: [half], ending: 'reset' };
    case 'stall':
      return { body: [half], ending: 'stall' };
    case 'truncate':
      return { body: [half], ending: 'cut-short' };
    default:
      return { body: [body], ending: 'end' };
  }
}

export interface SpoiledStream {
  /** Before the first content. */
  readonly opening: string;
  readonly content: readonly string[];
  readonly closing: string;
  readonly ending: DemoReply['ending'];
}

export function spoilStream(script: StreamScript, options: DemoOptions): SpoiledStream {
  const opening = script.opening.join('');
  const closing = script.finish.join('') + script.usage.join('') + script.done.join('');
  const some = script.content.slice(0, options.after);
  const rest = script.content.slice(options.after);
  switch (options.fault) {
    case 'stall':
      return { opening, content: some, closing: '', ending: 'stall' };
    case 'truncate':
      return { opening, content: some, closing: '', ending: 'end' };
    case 'reset':
      return { opening, content: some, closing: '', ending: 'reset' };
    case 'midstream':
      return { opening, content: some, closing: script.failure, ending: 'end' };
    case 'json':
      return { opening, content: [...some, 'data: {"choices":[{"delta":{"content":"brok\n\n', ...rest], closing, ending: 'end' };
    case 'nofinish':
      return { opening, content: script.content, closing: script.done.join(''), ending: 'end' };
    case 'nodone':
      return { opening, content: script.content, closing: script.finish.join('') + script.usage.join(''), ending: 'end' };
    case 'dup-start': {
      const before = script.content.slice(0, Math.max(1, options.after));
      return { opening, content: [...before, ...script.reopening, ...script.content.slice(before.length)], closing, ending: 'end' };
    }
    case 'crlf':
      return { opening: crlf(opening), content: script.content.map(crlf), closing: crlf(closing), ending: 'end' };
    default:
      return { opening, content: script.content, closing, ending: 'end' };
  }
}

function crlf(text: string): string {
  return text.replaceAll('\n', '\r\n');
}
