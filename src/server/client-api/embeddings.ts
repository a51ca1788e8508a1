// Embeddings: the caller's bytes to the provider, its bytes back; floats become base64 where that was asked and not given.
import { estimateTokens } from '../../canonical/estimate.ts';
import { usageFromTotals } from '../../canonical/usage.ts';
import { asArray, asNumber, asObject, asString, type JsonValue } from '../../core/json.ts';
import { readMember, type Shape, scanObject } from '../../core/json-outline.ts';
import { GatewayError } from '../../core/errors.ts';
import type { AnswerFacts } from '../../dialects/dialect.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import type { Call } from '../call.ts';
import { type BodyLimits, readBody } from '../read-body.ts';
import { sendReply } from '../send-reply.ts';

const shape: Shape = {
  kinds: ['object'],
  required: ['input'],
  members: new Map<string, Shape>([
    ['model', { kinds: ['string', 'null'] }],
    // A text, texts, token ids, lists of token ids (LangChain for Python sends those).
    [
      'input',
      { kinds: ['string', 'array'], notEmpty: true, items: { kinds: ['string', 'number', 'array'], items: { kinds: ['number'] } } },
    ],
    ['dimensions', { kinds: ['number', 'null'], integer: true, min: 1 }],
    ['encoding_format', { kinds: ['string', 'null'], oneOf: ['float', 'base64'] }],
    ['user', { kinds: ['string', 'null'] }],
  ]),
};

export interface EmbeddingsOptions {
  readonly gateway: Gateway;
  readonly limits: BodyLimits & { readonly jsonDepth: number };
}

export function embeddingsHandler(options: EmbeddingsOptions): (call: Call) => Promise<void> {
  return async (call) => {
    const bytes = await readBody(call.request, options.limits);
    const scanned = scanObject(bytes, { maxDepth: options.limits.jsonDepth, shape });
    const name = asString(readMember(scanned, 'model'));
    const wantsBase64 = readMember(scanned, 'encoding_format') === 'base64';
    const demoHeader = call.header('x-mpc-demo');
    const reply = await options.gateway.plain({
      requestId: call.id,
      endpoint: call.path,
      dialectName: 'openai-embeddings',
      principal: call.principal,
      arrivedMs: call.arrivedMs,
      arrivedWallMs: call.arrivedWallMs,
      authMs: call.authMs,
      interruption: call.interruption,
      recorded: true,
      wish: {
        ...(name !== undefined && name !== '' && { name }),
        fallbacks: [],
        needs: ['embeddings'],
        // Each input has a window of its own, so the whole body says nothing about fitting.
        contextTokens: 0,
        modality: 'embedding',
        constraints: {},
        hasConstraints: false,
        promptText: () => '',
      },
      plain: {
        outline: scanned,
        endpointOf: (definition) => definition.tasks?.embed?.[0],
        what: 'embeddings',
        readAnswer: (json) => readAnswer(json, estimateTokens(bytes.length)),
        forwardHeaders: [],
        ...(demoHeader !== undefined && { demoHeader }),
      },
      ...(wantsBase64 && { rewrite: toBase64 }),
    });
    await sendReply(call, reply);
  };
}

function readAnswer(json: JsonValue, estimatedInput: number): AnswerFacts {
  const body = asObject(json);
  if (asArray(body?.['data']) === undefined)
    throw new GatewayError('upstream_bad_reply', 'the provider answered without a list of embeddings');
  const reported = asObject(body?.['usage']);
  const total = asNumber(reported?.['prompt_tokens']) ?? asNumber(reported?.['total_tokens']);
  const usage = usageFromTotals({ inputTotal: total ?? estimatedInput, outputTotal: 0 });
  return { usage: total === undefined ? { ...usage, source: 'estimated' } : usage, outputChars: 0 };
}

/** Little-endian float32, as the OpenAI SDKs decode it; untouched when the provider did it already. */
function toBase64(json: JsonValue, bytes: Buffer): Buffer | string {
  const body = asObject(json);
  const data = asArray(body?.['data']) ?? [];
  if (!data.some((entry) => Array.isArray(asObject(entry)?.['embedding']))) return bytes;
  return JSON.stringify({
    ...body,
    data: data.map((entry) => {
      const fields = asObject(entry);
      const vector = asArray(fields?.['embedding']);
      return vector === undefined
        ? entry
        : { ...fields, embedding: Buffer.from(Float32Array.from(vector as readonly number[]).buffer).toString('base64') };
    }),
  });
}
