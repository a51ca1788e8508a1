// Reasoning in the OpenAI grammar has no standard place: five fields carry it. All are read, signatures and opaque blocks included;
// written are `reasoning_content` (what clients show) and `reasoning_details` (what must come back untouched).
import type { DialectId, Part } from '../../canonical/chat.ts';
import { asArray, asNumber, asObject, asString, type JsonObject, type JsonValue } from '../../core/json.ts';
import { proofOrigin } from '../reasoning-proof.ts';

export interface ReasoningPiece {
  readonly text: string;
  readonly signature?: string;
  readonly redacted?: string;
  readonly origin: DialectId;
  /** The entry's own index: deltas of one block share it. */
  readonly key?: number;
}

type ReasoningPart = Extract<Part, { type: 'reasoning' }>;

const anthropicFormat = 'anthropic-claude-v1';

/** The pieces in a message or delta, in order. The same text in two fields (OpenRouter, LiteLLM) counts once. */
export function readReasoning(source: JsonObject): ReasoningPiece[] {
  if (!mayReason(source)) return [];
  const details = (asArray(source.reasoning_details) ?? []).flatMap(readDetail);
  const pieces = details.length > 0 ? details : (asArray(source.thinking_blocks) ?? []).flatMap(readThinkingBlock);
  const plain = readPlain(source);
  if (plain === '' || pieces.some((piece) => piece.text !== '')) return pieces;
  return [{ text: plain, origin: pieces[0]?.origin ?? 'openai-chat' }, ...pieces];
}

/** Most deltas of most streams have none of the fields. */
function mayReason(source: JsonObject): boolean {
  const { reasoning_details: details, thinking_blocks: blocks, reasoning_content: content, reasoning, thinking } = source;
  return details !== undefined || blocks !== undefined || content !== undefined || reasoning !== undefined || thinking !== undefined;
}

function readPlain(source: JsonObject): string {
  for (const field of [source.reasoning_content, source.reasoning, source.thinking]) {
    const text = asString(field) ?? readText(asObject(field));
    if (text !== undefined && text !== '') return text;
  }
  return '';
}

function readText(source: JsonObject | undefined): string | undefined {
  return asString(source?.text) ?? asString(source?.content) ?? asString(source?.summary);
}

/** OpenRouter's `reasoning_details` entries. */
function readDetail(value: JsonValue): ReasoningPiece[] {
  const entry = asObject(value);
  if (entry === undefined) return [];
  const key = asNumber(entry.index);
  const data = asString(entry.data);
  const place = {
    origin:
      proofOrigin(asString(entry.signature) ?? data) ??
      (asString(entry.format)?.startsWith('anthropic') === true ? ('anthropic-messages' as const) : ('openai-chat' as const)),
    ...(key !== undefined && { key }),
  };
  if (entry.type === 'reasoning.encrypted' && data !== undefined) return [{ text: '', redacted: data, ...place }];
  const text = readText(entry) ?? '';
  const signature = asString(entry.signature);
  if (text === '' && (signature === undefined || signature === '')) return [];
  return [{ text, ...(signature !== undefined && signature !== '' && { signature }), ...place }];
}

/** LiteLLM's `thinking_blocks`: Anthropic's own blocks. */
function readThinkingBlock(value: JsonValue): ReasoningPiece[] {
  const block = asObject(value);
  const origin = 'anthropic-messages';
  const data = asString(block?.data);
  if (block?.type === 'redacted_thinking' && data !== undefined) return [{ text: '', redacted: data, origin }];
  const text = asString(block?.thinking) ?? '';
  const signature = asString(block?.signature);
  if (text === '' && (signature === undefined || signature === '')) return [];
  return [{ text, ...(signature !== undefined && signature !== '' && { signature }), origin }];
}

/**
 * Pieces → parts. Clients send back what they collected from deltas, so one block may come as several entries: entries of one
 * index, or a signature without text, continue the block before.
 */
export function toReasoningParts(pieces: readonly ReasoningPiece[]): ReasoningPart[] {
  const parts: ReasoningPart[] = [];
  let lastKey: number | undefined;
  for (const piece of pieces) {
    const last = parts[parts.length - 1];
    if (last !== undefined && continues(last, piece, lastKey)) {
      parts[parts.length - 1] = {
        ...last,
        text: last.text + piece.text,
        origin: piece.origin,
        ...(piece.signature !== undefined && { signature: piece.signature }),
      };
    } else {
      parts.push(toPart(piece));
    }
    lastKey = piece.key;
  }
  return parts;
}

function continues(last: ReasoningPart, piece: ReasoningPiece, lastKey: number | undefined): boolean {
  if (last.signature !== undefined || last.redacted !== undefined || piece.redacted !== undefined) return false;
  return piece.text === '' || (piece.key !== undefined && piece.key === lastKey);
}

function toPart(piece: ReasoningPiece): ReasoningPart {
  return {
    type: 'reasoning',
    text: piece.text,
    origin: piece.origin,
    ...(piece.signature !== undefined && { signature: piece.signature }),
    ...(piece.redacted !== undefined && { redacted: piece.redacted }),
  };
}

/** What proves a block: text and signature together, so that a client which collects the entries can send them back as they are. */
export function signedDetail(block: { readonly text: string; readonly signature: string }, index: number, origin?: DialectId): JsonObject {
  return {
    type: 'reasoning.text',
    text: block.text,
    signature: block.signature,
    format: formatOf(proofOrigin(block.signature) ?? origin),
    index,
  };
}

export function redactedDetail(data: string, index: number, origin?: DialectId): JsonObject {
  return { type: 'reasoning.encrypted', data, format: formatOf(proofOrigin(data) ?? origin), index };
}

/** Only Anthropic's blocks are proven across dialects, so an unknown origin is taken for theirs. */
function formatOf(origin: DialectId | undefined): string {
  if (origin === 'openai-responses') return 'openai-responses-v1';
  return origin === 'openai-chat' ? 'unknown' : anthropicFormat;
}

/** The message fields for reasoning parts; undefined when there are none. */
export function encodeReasoning(parts: readonly ReasoningPart[]): JsonObject | undefined {
  if (parts.length === 0) return undefined;
  const text = parts.map((part) => part.text).join('');
  const opaque = parts.some((part) => part.signature !== undefined || part.redacted !== undefined);
  return {
    ...(text !== '' && { reasoning_content: text }),
    ...(opaque && { reasoning_details: parts.map(encodeDetail) }),
  };
}

function encodeDetail(part: ReasoningPart, index: number): JsonObject {
  if (part.redacted !== undefined) return redactedDetail(part.redacted, index, part.origin);
  if (part.signature !== undefined) return signedDetail({ text: part.text, signature: part.signature }, index, part.origin);
  return { type: 'reasoning.text', text: part.text, format: formatOf(part.origin), index };
}
