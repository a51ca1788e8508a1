// Canonical messages → `messages` for an upstream. Tool results become messages of their own, directly after the assistant's turn
// that asked for them: this grammar refuses anything between.
import type { Message, Part } from '../../canonical/chat.ts';
import type { JsonObject } from '../../core/json.ts';
import type { EncodeTarget } from '../dialect.ts';
import { encodeCacheMark, encodeContent, encodePart, isPlainText, type PartWarnings } from './encode-parts.ts';
import type { ToolNames } from './tool-names.ts';

export interface MessageContext {
  readonly target: EncodeTarget;
  readonly names: ToolNames;
  readonly warnings: PartWarnings;
}

export function encodeMessages(messages: readonly Message[], context: MessageContext): JsonObject[] {
  const out: JsonObject[] = [];
  // What stands between two turns of the assistant.
  let between: Message[] = [];
  const flush = (): void => {
    out.push(...encodeResults(between, context), ...between.flatMap((message) => encodeOther(message, context)));
    between = [];
  };
  for (const message of messages) {
    if (message.role !== 'assistant') {
      between.push(message);
      continue;
    }
    flush();
    out.push(encodeAssistant(message, context));
  }
  flush();
  return out;
}

type ResultPart = Extract<Part, { type: 'tool-result' }>;

function encodeResults(messages: readonly Message[], context: MessageContext): JsonObject[] {
  const results = messages.flatMap((message) => message.parts.filter((part) => part.type === 'tool-result'));
  return [...results.map((result) => encodeResult(result, context)), ...results.flatMap((result) => encodeResultMedia(result, context))];
}

function isMedia(part: Part): boolean {
  return part.type === 'image' || part.type === 'file' || part.type === 'audio';
}

function encodeResult(result: ResultPart, { warnings }: MessageContext): JsonObject {
  const said = result.parts
    .filter((part) => !isMedia(part))
    .map((part) => encodePart(part, warnings)?.text)
    .filter((text) => typeof text === 'string')
    .join('\n');
  const text = said === '' && result.parts.some(isMedia) ? '(see the next message)' : said;
  return {
    role: 'tool',
    tool_call_id: result.callId,
    content: result.isError === true ? `Error: ${text}` : text,
    ...encodeCacheMark(result.cache),
  };
}

/** This grammar's tool messages hold text only, so what a tool showed goes into a user message after the results. */
function encodeResultMedia(result: ResultPart, { warnings }: MessageContext): JsonObject[] {
  const media = result.parts
    .filter(isMedia)
    .map((part) => encodePart(part, warnings))
    .filter((wire) => wire !== undefined);
  if (media.length === 0) return [];
  warnings.emulated('messages', 'media inside a tool result was moved into a user message after it');
  return [{ role: 'user', content: [{ type: 'text', text: `Returned by tool call ${result.callId}:` }, ...media] }];
}

function encodeOther(message: Message, context: MessageContext): JsonObject[] {
  const parts = message.parts.filter((part) => part.type !== 'tool-result');
  if (parts.length === 0 && message.parts.length > 0) return [];
  if (message.role === 'system') return [encodeSystem(message, context)];
  const content = encodeContent(parts, context.warnings);
  // Everything in it was dropped; an empty message would be refused.
  if (content === '' && parts.some((part) => part.type !== 'text')) return [];
  return [{ role: 'user', content, ...encodeName(message) }];
}

function encodeSystem(message: Message, { target, warnings }: MessageContext): JsonObject {
  const role = target.traits.has('developer-role') ? 'developer' : 'system';
  const wires = message.parts.map((part) => encodePart(part, warnings)).filter((wire) => wire !== undefined);
  const content = wires.every(isPlainText) ? wires.map((wire) => String(wire.text)).join('\n\n') : wires;
  return { role, content, ...encodeName(message) };
}

function encodeName(message: Message): JsonObject {
  return message.name === undefined ? {} : { name: message.name };
}

function encodeAssistant(message: Message, context: MessageContext): JsonObject {
  const { names, warnings } = context;
  const content = encodeAssistantContent(message.parts, warnings);
  const refusals = message.parts.filter((part) => part.type === 'refusal');
  const calls = message.parts.filter((part) => part.type === 'tool-call');
  const isEmpty = content === null && calls.length === 0 && refusals.length === 0;
  return {
    role: 'assistant',
    // A turn of which nothing is left still has to be there: the roles around it count on it.
    content: isEmpty ? '' : content,
    ...encodeName(message),
    ...(refusals.length > 0 && { refusal: refusals.map((part) => part.text).join('') }),
    ...(calls.length > 0 && { tool_calls: calls.map((call) => encodeCall(call, names)) }),
    ...encodeReplay(message.parts, context),
    ...encodeMembers(message.parts),
  };
}

function encodeCall(call: Extract<Part, { type: 'tool-call' }>, names: ToolNames): JsonObject {
  return {
    id: call.id,
    type: 'function',
    function: { name: names.toWire(call.name), arguments: call.arguments === '' ? '{}' : call.arguments },
    ...encodeCacheMark(call.cache),
  };
}

/** Opaque parts without a type are members of the message itself, such as `audio`. */
function encodeMembers(parts: readonly Part[]): JsonObject {
  const members = parts.flatMap((part) =>
    part.type === 'opaque' && part.dialect === 'openai-chat' && part.wire.type === undefined ? Object.entries(part.wire) : [],
  );
  return Object.fromEntries(members);
}

/** Text as one string, as every server takes it; a list only where cache marks or other parts need one. */
function encodeAssistantContent(parts: readonly Part[], warnings: PartWarnings): string | JsonObject[] | null {
  const wires = parts
    .filter((part) => part.type !== 'refusal')
    .map((part) => encodePart(part, warnings))
    .filter((wire) => wire !== undefined);
  if (wires.length === 0) return null;
  return wires.every(isPlainText) ? wires.map((wire) => String(wire.text)).join('') : wires;
}

/**
 * Reasoning of earlier turns goes back only to models that demand it (DeepSeek V4 wants the field on every turn of a tool loop);
 * others refuse it (R1) or cannot verify it.
 */
function encodeReplay(parts: readonly Part[], { target, warnings }: MessageContext): JsonObject {
  const thoughts = parts.filter((part) => part.type === 'reasoning');
  if (target.traits.has('reasoning-replay-always')) return { reasoning_content: thoughts.map((part) => part.text).join('') };
  if (thoughts.length > 0) warnings.dropped('messages', 'reasoning of earlier turns is not sent to this model');
  return {};
}
