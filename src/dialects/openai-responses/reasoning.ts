// Reasoning items ⇄ canonical reasoning. The vendor takes an item back by its id and encrypted content together, so both travel as
// one proof; the proof of another provider's reasoning travels as the encrypted content of an item of ours.
import type { DialectId, Part } from '../../canonical/chat.ts';
import { newId } from '../../core/ids.ts';
import { asArray, asObject, asString, type JsonObject } from '../../core/json.ts';
import { openProof, proofOrigin, sealProof } from '../reasoning-proof.ts';

export type ReasoningPart = Extract<Part, { readonly type: 'reasoning' }>;

const own = 'openai-responses';
/** Marks an opaque block without any text that was shown. */
const redactedMark = 'redacted:';

/** What is readable: the summary, else the reasoning itself (open-weight servers). */
export function reasoningText(item: JsonObject): string {
  const texts = (list: unknown): string => (asArray(list) ?? []).map((part) => asString(asObject(part)?.text) ?? '').join('\n\n');
  const summary = texts(item.summary);
  return summary === '' ? texts(item.content) : summary;
}

/** The sealed proof of an item; undefined when it cannot be replayed by content. */
export function proofOf(item: JsonObject): string | undefined {
  const encrypted = asString(item.encrypted_content);
  return encrypted === undefined || encrypted === '' ? undefined : sealProof(own, `${asString(item.id) ?? ''}:${encrypted}`);
}

/** An item of an answer or of a replayed history. */
export function decodeReasoning(item: JsonObject): ReasoningPart {
  const text = reasoningText(item);
  const encrypted = asString(item.encrypted_content);
  const foreign = proofOrigin(encrypted);
  if (foreign !== undefined && encrypted !== undefined && foreign !== own) {
    const proof = openProof(foreign, encrypted) ?? '';
    if (proof.startsWith(redactedMark)) return { type: 'reasoning', text, redacted: proof.slice(redactedMark.length), origin: foreign };
    return { type: 'reasoning', text, signature: proof, origin: foreign };
  }
  const proof = proofOf(item);
  if (proof === undefined) return { type: 'reasoning', text, origin: own };
  return text === ''
    ? { type: 'reasoning', text, redacted: proof, origin: own }
    : { type: 'reasoning', text, signature: proof, origin: own };
}

/** The item that the vendor made this part from; undefined when it is not the vendor's or cannot be proven. */
export function encodeReplay(part: ReasoningPart): JsonObject | undefined {
  const proof = openProof(own, part.signature ?? part.redacted);
  if (proof === undefined) return undefined;
  const colon = proof.indexOf(':');
  const id = proof.slice(0, colon);
  return { type: 'reasoning', ...(id !== '' && { id }), summary: encodeSummary(part.text), encrypted_content: proof.slice(colon + 1) };
}

export function encodeSummary(text: string): JsonObject[] {
  return text === '' ? [] : [{ type: 'summary_text', text }];
}

export interface Proof {
  readonly signature?: string | undefined;
  readonly redacted?: string | undefined;
  readonly origin?: DialectId | undefined;
}

/** Id and encrypted content under which a client gets a proof. Only Anthropic's have no name in them, so an unknown one is theirs. */
export function encodeProof({ signature, redacted, origin }: Proof): { readonly id: string; readonly encrypted?: string } {
  const proof = signature ?? redacted;
  if (proof === undefined || proof === '') return { id: newId('rs') };
  const replayed = openProof(own, proof);
  if (replayed !== undefined) {
    const colon = replayed.indexOf(':');
    return { id: replayed.slice(0, colon) || newId('rs'), encrypted: replayed.slice(colon + 1) };
  }
  if (proofOrigin(proof) !== undefined) return { id: newId('rs'), encrypted: proof };
  return {
    id: newId('rs'),
    encrypted: sealProof(origin ?? 'anthropic-messages', signature === undefined ? `${redactedMark}${proof}` : proof),
  };
}
