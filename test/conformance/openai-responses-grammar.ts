// What the vendor's SDKs and Codex demand of a Responses stream, checked event by event, and the answer they make of it.
import { expect } from 'vitest';
import { asArray, asObject, asString, isObject, type JsonObject, parseJson } from '../../src/core/json.ts';

export interface ReadResponse {
  readonly text: string;
  readonly refusal: string;
  readonly reasoning: string;
  readonly calls: readonly { readonly id: string; readonly name: string; readonly arguments: string }[];
  /** The response of the terminal event. */
  readonly response: JsonObject;
  /** Event types in order, deltas of one kind in a row counted once. */
  readonly order: readonly string[];
}

interface Item {
  readonly id: string;
  readonly parts: Map<number, { text: string; done: boolean }>;
  text: string;
  argumentsDone: boolean;
}

/** Frames of a stream as [event name, data]. */
function framesOf(stream: string): readonly (readonly [event: string, data: JsonObject])[] {
  return stream
    .split('\n\n')
    .filter((frame) => frame.trim() !== '' && !frame.startsWith(':'))
    .map((frame) => {
      const [first = '', second = ''] = frame.split('\n');
      expect(first.startsWith('event: '), frame).toBe(true);
      expect(second.startsWith('data: '), frame).toBe(true);
      const data = parseJson(second.slice('data: '.length));
      expect(isObject(data), frame).toBe(true);
      return [first.slice('event: '.length), data as JsonObject] as const;
    });
}

/** Fails the test at the first event that is out of order, unnumbered or contradicts another. */
export function readResponseStream(stream: string): ReadResponse {
  const frames = framesOf(stream);
  const items = new Map<number, Item>();
  const done: JsonObject[] = [];
  const order: string[] = [];
  let terminal: JsonObject | undefined;
  let reasoning = '';

  for (const [at, [event, data]] of frames.entries()) {
    expect(data.type, 'event name and type').toBe(event);
    expect(data.sequence_number, event).toBe(at);
    expect(terminal, `nothing follows the terminal event, but ${event} did`).toBeUndefined();
    if (order.at(-1) !== event) order.push(event);
    if (at === 0) expect(event).toBe('response.created');
    if (at === 1) expect(event).toBe('response.in_progress');
    const item = items.get(Number(data.output_index));
    if (data.item_id !== undefined) expect(item?.id, `${event} is inside its item`).toBe(data.item_id);
    const part = item?.parts.get(Number(data.content_index ?? data.summary_index));
    switch (event) {
      case 'response.created':
      case 'response.in_progress':
        expect(data.response).toMatchObject({ object: 'response', status: 'in_progress', output: [] });
        break;
      case 'response.output_item.added':
        expect(item).toBeUndefined();
        expect(data.output_index).toBe(items.size);
        items.set(Number(data.output_index), { id: String(asObject(data.item)?.id), parts: new Map(), text: '', argumentsDone: false });
        break;
      case 'response.content_part.added':
      case 'response.reasoning_summary_part.added':
        expect(part).toBeUndefined();
        item?.parts.set(Number(data.content_index ?? data.summary_index), { text: '', done: false });
        break;
      case 'response.output_text.delta':
      case 'response.refusal.delta':
      case 'response.reasoning_summary_text.delta':
        expect(part?.done, event).toBe(false);
        if (part !== undefined) part.text += String(data.delta);
        if (event === 'response.reasoning_summary_text.delta') reasoning += String(data.delta);
        break;
      case 'response.output_text.done':
      case 'response.refusal.done':
      case 'response.reasoning_summary_text.done':
        expect(data.text ?? data.refusal, event).toBe(part?.text);
        break;
      case 'response.content_part.done':
      case 'response.reasoning_summary_part.done':
        expect(part?.done, event).toBe(false);
        if (part !== undefined) part.done = true;
        break;
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        if (item !== undefined) item.text += String(data.delta);
        break;
      case 'response.function_call_arguments.done':
      case 'response.custom_tool_call_input.done':
        expect(data.arguments ?? data.input).toBe(item?.text);
        if (item !== undefined) item.argumentsDone = true;
        break;
      case 'response.output_item.done': {
        const finished = asObject(data.item) ?? {};
        expect(
          [...(item?.parts.values() ?? [])].every((one) => one.done),
          'parts end before their item',
        ).toBe(true);
        if (finished.type === 'function_call' || finished.type === 'custom_tool_call') {
          expect(item?.argumentsDone).toBe(true);
          expect(finished.arguments ?? finished.input).toBe(item?.text);
        }
        done[Number(data.output_index)] = finished;
        break;
      }
      case 'response.completed':
      case 'response.incomplete':
      case 'response.failed':
        terminal = asObject(data.response);
        break;
      default:
    }
  }
  expect(terminal, 'a terminal event').toBeDefined();
  if (terminal?.status !== 'failed') expect(terminal?.output).toEqual(done);
  return { ...sumUp(asArray(terminal?.output) ?? []), reasoning, response: terminal ?? {}, order };
}

export function sumUp(output: readonly unknown[]): Pick<ReadResponse, 'text' | 'refusal' | 'calls'> {
  let text = '';
  let refusal = '';
  const calls: { id: string; name: string; arguments: string }[] = [];
  for (const item of output.map(asObject)) {
    for (const part of (asArray(item?.content) ?? []).map(asObject)) {
      if (part?.type === 'output_text') text += asString(part.text) ?? '';
      if (part?.type === 'refusal') refusal += asString(part.refusal) ?? '';
    }
    if (item?.type === 'function_call')
      calls.push({ id: String(item.call_id), name: String(item.name), arguments: String(item.arguments) });
  }
  return { text, refusal, calls };
}
