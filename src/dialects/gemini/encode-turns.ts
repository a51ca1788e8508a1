// Canonical messages → `contents`: leading system text apart, the user first, user and model in alternation, every call answered at the
// beginning of the next user turn.
import type { ChatRequest, Message, Part } from '../../canonical/chat.ts';
import type { MutableJson } from '../../core/json.ts';
import { openProof } from '../reasoning-proof.ts';
import { type CallPart, encodePart, encodeResult, type PartContext, type ResultPart } from './encode-parts.ts';

/** The vendor refuses a content without parts. */
const placeholder = '.';
/** Accepted in place of a thought signature where the calls were made by another model: without one the whole request is refused. */
const foreignSignature = 'skip_thought_signature_validator';

interface Turn {
  readonly role: 'user' | 'model';
  readonly parts: MutableJson[];
  readonly calls: CallPart[];
  /** Answers in the order they came. */
  readonly results: { readonly part: ResultPart; readonly path: string }[];
}

export interface EncodedTurns {
  readonly system: MutableJson[];
  readonly contents: MutableJson[];
}

export function encodeTurns(request: ChatRequest, context: PartContext): EncodedTurns {
  const leading = request.messages.findIndex((message) => message.role !== 'system');
  const systemCount = leading < 0 ? request.messages.length : leading;
  const system = encodeSystem(request.messages.slice(0, systemCount), context);
  const turns = collectTurns(request.messages, systemCount, context);
  answerCalls(turns, context);
  if (turns[0]?.role !== 'user') {
    if (turns.length > 0)
      context.warnings.changed('messages', 'the conversation has to begin with a user message, so a placeholder was put first');
    turns.unshift({ role: 'user', parts: [{ text: placeholder }], calls: [], results: [] });
  }
  if (context.family.gemma && system.length > 0) {
    context.warnings.changed('messages', 'this model takes no system instruction, so it was put before the first message');
    turns[0]?.parts.unshift(...system.splice(0));
  }
  return { system, contents: turns.map((turn) => writeTurn(turn, context)) };
}

function encodeSystem(messages: readonly Message[], context: PartContext): MutableJson[] {
  return messages.flatMap((message, messageIndex) =>
    message.parts.flatMap((part, index) => {
      if (part.type === 'text' || part.type === 'opaque') return encodePart(part, `messages[${messageIndex}].content[${index}]`, context);
      context.warnings.dropped('messages[].content', `${part.type} content in a system message was left out`);
      return [];
    }),
  );
}

function collectTurns(messages: readonly Message[], from: number, context: PartContext): Turn[] {
  const turns: Turn[] = [];
  messages.slice(from).forEach((message, index) => {
    const role = message.role === 'assistant' ? 'model' : 'user';
    let turn = turns.at(-1);
    if (turn === undefined || turn.role !== role) {
      turn = { role, parts: [], calls: [], results: [] };
      turns.push(turn);
    }
    const parts = message.role === 'system' ? wrapLateSystem(message, context) : placeProofs(message.parts);
    for (const [at, part] of parts.entries()) {
      const path = `messages[${from + index}].content[${at}]`;
      if (part.type === 'tool-result') {
        turn.results.push({ part, path });
        continue;
      }
      if (part.type === 'tool-call') turn.calls.push(part);
      turn.parts.push(...encodePart(part, path, context));
    }
    if (message.name !== undefined) context.warnings.dropped('messages[].name', 'the dialect has no participant names');
  });
  return turns;
}

/** Signatures that came back beside the calls, as other grammars carry them, are put on the calls they stand before. */
function placeProofs(parts: readonly Part[]): readonly Part[] {
  let proof: string | undefined;
  return parts.flatMap((part): Part[] => {
    if (part.type === 'reasoning') {
      const opened = openProof('gemini', part.redacted ?? part.signature);
      if (opened === undefined) return [part];
      proof = opened;
      return [];
    }
    if (part.type !== 'tool-call' || proof === undefined) return [part];
    const signature = part.signature ?? proof;
    proof = undefined;
    return [{ ...part, signature }];
  });
}

/** Only a leading system prompt has a place of its own; a later one is marked as such inside the user's turn. */
function wrapLateSystem(message: Message, context: PartContext): readonly Part[] {
  context.warnings.changed('messages[].role', 'a system message after the first turns was sent as user text in <system> tags');
  const text = message.parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n\n');
  return text.trim() === '' ? [] : [{ type: 'text', text: `<system>\n${text}\n</system>` }];
}

/** The vendor wants as many answers as there were calls, in one turn: missing ones are made up, orphans become text. */
function answerCalls(turns: Turn[], context: PartContext): void {
  for (let at = 0; at < turns.length; at += 1) {
    const turn = turns[at];
    if (turn === undefined) continue;
    if (turn.role === 'model' && turn.calls.length > 0 && turns[at + 1] === undefined) {
      turns.push({ role: 'user', parts: [], calls: [], results: [] });
    }
    if (turn.role === 'user') settleResults(turn, turns[at - 1]?.calls ?? [], context);
  }
}

function settleResults(turn: Turn, calls: readonly CallPart[], context: PartContext): void {
  const waiting = [...turn.results];
  const behind: MutableJson[] = [];
  const responses = calls.map((call) => {
    const found = waiting.findIndex(({ part }) => part.callId === call.id);
    const [result] = found < 0 ? [] : waiting.splice(found, 1);
    if (result === undefined) {
      context.warnings.changed('messages', 'a tool call without a result was given an error result');
      return {
        functionResponse: {
          id: call.id,
          name: context.names.toWire(call.name),
          response: { error: 'No result was recorded for this call.' },
        },
      };
    }
    const encoded = encodeResult(result.part, { path: result.path, name: call.name, context });
    if (encoded.behind.length > 0) behind.push({ text: `Returned by the tool call ${call.id}:` }, ...encoded.behind);
    return encoded.response;
  });
  const orphans = waiting.flatMap(({ part, path }) => {
    context.warnings.changed('messages', 'a tool result without its call was sent as text');
    const inner = part.parts.flatMap((one, index) =>
      one.type === 'tool-result' || one.type === 'tool-call' ? [] : encodePart(one, `${path}.content[${index}]`, context),
    );
    return [{ text: `Result of the tool call ${part.callId}:` }, ...inner];
  });
  turn.parts.unshift(...responses, ...behind, ...orphans);
}

function writeTurn(turn: Turn, context: PartContext): MutableJson {
  if (turn.parts.length === 0) {
    context.warnings.changed('messages', 'an empty message was sent as a placeholder');
    turn.parts.push({ text: placeholder });
  }
  if ((context.family.generation ?? 0) >= 3) signFirstCall(turn);
  return { role: turn.role, parts: turn.parts };
}

/** Of parallel calls only the first carries a signature. */
function signFirstCall(turn: Turn): void {
  const first = turn.parts.find((part) => part.functionCall !== undefined);
  if (first !== undefined) first.thoughtSignature ??= foreignSignature;
}
