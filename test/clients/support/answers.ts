// A scripted provider that answers in the dialect it was asked in, streamed when it was asked to stream.
import { asObject, type JsonObject, parseJson } from '../../../src/core/json.ts';
import {
  anthropicAnswer,
  anthropicFrames,
  anthropicStream,
  type Canned,
  openaiAnswer,
  openaiFrames,
  openaiStream,
  streamOf,
} from '../../support/canned-replies.ts';
import type { Reply, SeenRequest } from '../../support/fake-upstream.ts';
import { readReceived } from './received.ts';
import { responsesStream, responsesWhole } from './responses-answers.ts';
import type { Said } from './said.ts';

/** Says this, in the grammar and the form the request asks for. */
export function say(said: Said): (request: SeenRequest) => Reply {
  return (request) => {
    const { dialect, stream } = readReceived(request);
    if (dialect === 'openai-responses') return stream ? responsesStream(said) : responsesWhole(said);
    if (dialect === 'openai-chat') return stream ? streamOf(openaiFramesOf(said)) : openaiWhole(said);
    return stream ? streamOf(anthropicFramesOf(said)) : anthropicWhole(said);
  };
}

/**
 * Says this object as JSON: as text, or as the arguments of the tool that the request forces. Both are how programs get
 * structured output, and both the gateway and some client libraries turn the one into the other.
 */
export function sayJson(value: JsonObject): (request: SeenRequest) => Reply {
  return (request) => {
    const { forcedTool } = readReceived(request);
    const said =
      forcedTool === undefined ? { text: JSON.stringify(value) } : { calls: [{ id: 'call_json', name: forcedTool, arguments: value }] };
    return say(said)(request);
  };
}

/** Begins a stream with this text and then does what the spoiler says: stalls, resets, closes. */
export function begin(text: string, spoiler: Pick<Reply, 'then'>): (request: SeenRequest) => Reply {
  return (request) => {
    const { dialect } = readReceived(request);
    const whole = { 'openai-chat': openaiStream, 'openai-responses': responsesStream, 'anthropic-messages': anthropicStream }[dialect]({
      text,
    });
    const frames = (whole.pieces ?? []).map(String);
    // Everything up to the last word, before anything that ends the answer.
    const last = frames.findLastIndex((frame) => /"delta":\{"content":|"text_delta"|output_text\.delta/.test(frame));
    return { ...whole, pieces: frames.slice(0, last + 1), gapMs: 5, ...spoiler };
  };
}

type Calls = NonNullable<Said['calls']>;

function canned({ calls, ...rest }: Said, call?: Calls[number]): Canned {
  return { ...rest, ...(call !== undefined && { tool: { id: call.id, name: call.name, arguments: JSON.stringify(call.arguments) } }) };
}

function openaiWhole(said: Said): Reply {
  const [first, ...others] = said.calls ?? [];
  const reply = openaiAnswer(canned(said, first));
  if (others.length === 0) return reply;
  const body = structuredClone(asObject(parseJson(String(reply.body)))) as unknown as {
    readonly choices: readonly [{ readonly message: { readonly tool_calls: object[] } }];
  };
  for (const call of others) {
    body.choices[0].message.tool_calls.push({
      id: call.id,
      type: 'function',
      function: { name: call.name, arguments: JSON.stringify(call.arguments) },
    });
  }
  return { ...reply, body: JSON.stringify(body) };
}

function anthropicWhole(said: Said): Reply {
  const [first, ...others] = said.calls ?? [];
  const reply = anthropicAnswer(canned(said, first));
  const body = asObject(parseJson(String(reply.body))) as unknown as { readonly content: object[] };
  body.content.push(...others.map((call) => ({ type: 'tool_use', id: call.id, name: call.name, input: call.arguments })));
  return { ...reply, body: JSON.stringify(body) };
}

/** Parallel calls come one after the other, told apart by their index. */
function openaiFramesOf(said: Said): readonly string[] {
  const [first, ...others] = said.calls ?? [];
  const frames = openaiFrames(canned(said, first));
  if (others.length === 0) return frames;
  const more = others.flatMap((call, place) =>
    openaiFrames({ tool: { id: call.id, name: call.name, arguments: JSON.stringify(call.arguments) } })
      .filter((frame) => frame.includes('"tool_calls":[{'))
      .map((frame) => frame.replace('"tool_calls":[{"index":0', `"tool_calls":[{"index":${place + 1}`)),
  );
  const finish = frames.findIndex((frame) => frame.includes('"finish_reason":"tool_calls"'));
  return frames.toSpliced(finish, 0, ...more);
}

function anthropicFramesOf(said: Said): readonly string[] {
  const [first, ...others] = said.calls ?? [];
  const frames = anthropicFrames(canned(said, first));
  if (others.length === 0) return frames;
  const blocks = frames.filter((frame) => frame.startsWith('event: content_block_start')).length;
  const more = others.flatMap((call, place) =>
    anthropicFrames({ tool: { id: call.id, name: call.name, arguments: JSON.stringify(call.arguments) } })
      .filter((frame) => frame.startsWith('event: content_block'))
      .map((frame) => frame.replace('"index":0', `"index":${blocks + place}`)),
  );
  return frames.toSpliced(-2, 0, ...more);
}
