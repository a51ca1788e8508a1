// What proves a model's reasoning (a signature, an encrypted block) is opaque and only its own provider takes it back. When another
// grammar carries it to the client and back, the proof itself says where it belongs: `openai-responses:…`.
// Proofs of Anthropic's and of plain OpenAI chat are base64 and hold no colon, so a prefix is never part of a proof.
import type { DialectId } from '../canonical/chat.ts';

const origins: readonly DialectId[] = ['openai-responses', 'anthropic-messages', 'gemini', 'bedrock-converse', 'cohere-v2', 'openai-chat'];

/** The dialect that a sealed proof names; undefined for a proof that stands for itself. */
export function proofOrigin(proof: string | undefined): DialectId | undefined {
  if (proof === undefined) return undefined;
  const colon = proof.indexOf(':');
  if (colon === -1) return undefined;
  const name = proof.slice(0, colon);
  return origins.find((origin) => origin === name);
}

export function sealProof(origin: DialectId, proof: string): string {
  return `${origin}:${proof}`;
}

/** The proof of a sealed one that belongs to this dialect. */
export function openProof(origin: DialectId, sealed: string | undefined): string | undefined {
  return sealed !== undefined && proofOrigin(sealed) === origin ? sealed.slice(origin.length + 1) : undefined;
}
