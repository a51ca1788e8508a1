// An answer of the simulator as HTTP: head, body, and the script by which it is delivered.
import { STATUS_CODES } from '../../core/node-http.ts';

export interface DemoReply {
  readonly status: number;
  readonly headers: ReplyHeaders;
  /** Milliseconds before the head. */
  readonly headDelayMs: number;
  /** Delivered in order; with a gap one is due every `gapMs`, the first with the head. */
  readonly body: readonly Buffer[];
  readonly gapMs: number;
  /** What follows the body. `reset-early`: the connection breaks instead of a head. */
  readonly ending: 'end' | 'reset' | 'reset-early' | 'cut-short' | 'stall';
}

export interface ReplyHeaders {
  readonly parsed: Readonly<Record<string, string>>;
  /** As an HTTP parser gives them: name, value, name, value. */
  readonly raw: readonly Buffer[];
}

export function toHeaders(parsed: Readonly<Record<string, string>>): ReplyHeaders {
  return { parsed, raw: Object.entries(parsed).flatMap(([name, value]) => [Buffer.from(name), Buffer.from(value)]) };
}

export function statusText(status: number): string {
  return STATUS_CODES[status] ?? 'Unknown';
}

export const jsonType = 'application/json';
export const streamType = 'text/event-stream; charset=utf-8';

/** A stream in the parts that faults tell apart. All are complete frames with LF line ends. */
export interface StreamScript {
  readonly opening: readonly string[];
  /** A second opening with another id: what a proxy sends that spliced two answers. */
  readonly reopening: readonly string[];
  readonly content: readonly string[];
  /** The finish reason. */
  readonly finish: readonly string[];
  readonly usage: readonly string[];
  readonly done: readonly string[];
  /** The dialect's error in mid-stream. */
  readonly failure: string;
}
