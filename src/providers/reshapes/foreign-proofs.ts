// Reasoning that another dialect's model wrote reaches clients of the Responses API as an item with encrypted content. Sent back to
// a provider of this API it is refused with a 400, since it cannot be decrypted there.
import { isObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { proofOrigin } from '../../dialects/reasoning-proof.ts';
import type { Reshape } from '../provider.ts';

export const foreignProofs: Reshape = {
  name: 'foreign-proofs',
  members: ['input'],
  when: ['"anthropic-messages:', '"gemini:', '"bedrock-converse:', '"cohere-v2:', '"openai-chat:'],
  apply(body, { warn }) {
    const before = body['input'];
    if (!Array.isArray(before)) return;
    const kept = (before as readonly JsonValue[]).filter((item) => !isObject(item) || !isForeign(item));
    if (kept.length === before.length) return;
    body['input'] = kept;
    warn({ field: 'input', kind: 'dropped', message: 'reasoning of another provider cannot be replayed to this one' });
  },
};

function isForeign(item: JsonObject): boolean {
  if (item['type'] !== 'reasoning' || typeof item['encrypted_content'] !== 'string') return false;
  const origin = proofOrigin(item['encrypted_content']);
  return origin !== undefined && origin !== 'openai-responses';
}
