// A whole answer → canonical, and the facts accounting needs from one that passes as bytes.
import type { ChatEvent, ChatResponse, Choice, FinishReason, Part } from '../../canonical/chat.ts';
import type { Usage } from '../../canonical/usage.ts';
import { asArray, asObject, asString, isObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { AnswerFacts, DecodeOptions } from '../dialect.ts';
import { badReply } from './errors.ts';
import { AnswerDecoder } from './event-decoder.ts';
import { mediaPart } from './media.ts';
import { arrayMember, member, objectMember } from './member.ts';

export function decodeResponse(body: JsonValue, options: DecodeOptions = {}): ChatResponse {
  const events: ChatEvent[] = [];
  const bodies = readBodies(body);
  const decoder = new AnswerDecoder(options);
  const collect = (event: ChatEvent): void => {
    events.push(event);
  };
  for (const one of bodies) decoder.push(one, collect);
  decoder.end(collect, { whole: true });
  return toResponse(events, bodies);
}

/** A server that knows no `alt=sse` answers a stream as one list of all its frames. */
function readBodies(body: JsonValue): readonly JsonObject[] {
  const bodies = (asArray(body) ?? [body]).filter(isObject);
  const answers = bodies.some(
    (one) => one.error !== undefined || Array.isArray(one.candidates) || objectMember(one, 'promptFeedback') !== undefined,
  );
  if (answers) return bodies;
  throw badReply('the provider answered 200 without candidates: this is not a generateContent answer', body);
}

function toResponse(events: readonly ChatEvent[], bodies: readonly JsonObject[]): ChatResponse {
  const choices = new Map<number, { readonly parts: Part[]; finish: FinishReason }>();
  let usage: Usage | undefined;
  let id = '';
  let model = '';
  // An opaque event has no choice of its own: it follows the content it belongs to.
  let current = 0;
  const choiceOf = (index: number): { readonly parts: Part[]; finish: FinishReason } => {
    const choice = choices.get(index) ?? { parts: [], finish: 'stop' };
    choices.set(index, choice);
    return choice;
  };
  for (const event of events) {
    if (event.type === 'start') ({ id, model } = event);
    else if (event.type === 'usage') usage = event.usage;
    else if (event.type === 'finish') choiceOf(event.choice ?? 0).finish = event.reason;
    else {
      if (event.type !== 'opaque') current = event.choice ?? 0;
      collectPart(choiceOf(current).parts, event);
    }
  }
  const feedback = bodies.map((one) => objectMember(one, 'promptFeedback')).find((one) => one !== undefined);
  return {
    id,
    model,
    created: 0,
    choices: [...choices].map(([index, choice]): Choice => ({ index, ...choice })),
    ...(usage !== undefined && { usage }),
    ...(feedback !== undefined && { extensions: { gemini: { promptFeedback: feedback } } }),
  };
}

type ContentEvent = Exclude<ChatEvent, { readonly type: 'start' | 'finish' | 'usage' }>;

function collectPart(parts: Part[], event: ContentEvent): void {
  const at = parts.length - 1;
  const last = parts[at];
  switch (event.type) {
    case 'text-delta': {
      const signed = event.signature === undefined ? {} : { signature: event.signature };
      if (last?.type === 'text' && last.signature === undefined && event.text !== '')
        parts[at] = { ...last, text: last.text + event.text, ...signed };
      else parts.push({ type: 'text', text: event.text, ...signed });
      return;
    }
    case 'reasoning-delta': {
      const signed = event.signature === undefined ? {} : { signature: event.signature };
      if (last?.type === 'reasoning' && last.signature === undefined && event.text !== '')
        parts[at] = { ...last, text: last.text + event.text, ...signed };
      else parts.push({ type: 'reasoning', text: event.text, origin: 'gemini', ...signed });
      return;
    }
    case 'reasoning-redacted':
      parts.push({ type: 'reasoning', text: '', redacted: event.data, origin: 'gemini' });
      return;
    case 'tool-call-start':
      parts.push({
        type: 'tool-call',
        id: event.id,
        name: event.name,
        arguments: '',
        ...(event.signature !== undefined && { signature: event.signature }),
      });
      return;
    case 'tool-call-delta':
      if (last?.type === 'tool-call') parts[at] = { ...last, arguments: last.arguments + event.arguments };
      return;
    case 'opaque':
      parts.push(readMedia(event.wire) ?? { type: 'opaque', dialect: 'gemini', wire: event.wire });
      return;
    default:
  }
}

/** Images and speech that the model made. */
function readMedia(wire: JsonObject): Part | undefined {
  const blob = objectMember(wire, 'inlineData');
  const data = asString(blob?.data);
  if (blob === undefined || data === undefined || member(wire, 'thoughtSignature') !== undefined) return undefined;
  const mediaType = asString(member(blob, 'mimeType')) ?? 'application/octet-stream';
  return mediaPart(mediaType, { kind: 'base64', mediaType, data });
}

export function readAnswerFacts(body: JsonValue, options: DecodeOptions = {}): AnswerFacts {
  const response = decodeResponse(body, options);
  const first = readBodies(body).flatMap((one) => arrayMember(one, 'candidates'));
  const finish = asString(member(asObject(first.at(-1)) ?? {}, 'finishReason'));
  return {
    id: response.id,
    ...(response.model !== '' && { model: response.model }),
    ...(response.usage !== undefined && { usage: response.usage }),
    finish: finish ?? response.choices[0]?.finish ?? 'stop',
    outputChars: response.choices.reduce((sum, choice) => sum + choice.parts.reduce((chars, part) => chars + charsOf(part), 0), 0),
  };
}

function charsOf(part: Part): number {
  if (part.type === 'text' || part.type === 'reasoning') return part.text.length;
  return part.type === 'tool-call' ? part.name.length + part.arguments.length : 0;
}
