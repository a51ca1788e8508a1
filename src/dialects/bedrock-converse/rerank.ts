// Rerank by `invoke`: Cohere's and Amazon's models share one body but for a version number. Upstreams only.
import type { RerankRequest, RerankResponse } from '../../canonical/tasks.ts';
import { noUsage } from '../../canonical/usage.ts';
import { asArray, asNumber, asObject, asString, type JsonValue } from '../../core/json.ts';
import type { EncodedTask, TaskDialect, TaskTarget } from '../task-dialect.ts';
import { dropped, warnForeign } from '../tasks/left-out.ts';
import { badReply, decodeError } from './errors.ts';

/** What is billed as one search. */
const documentsPerSearch = 100;

export const bedrockRerank: TaskDialect<RerankRequest, RerankResponse> = {
  id: 'bedrock-rerank',
  tasks: ['rerank'],
  encodeRequest,
  decodeResponse,
  decodeError,
};

function encodeRequest(request: RerankRequest, { model }: TaskTarget): EncodedTask {
  const warnings = warnForeign(request, 'bedrock-rerank');
  if (request.maxTokensPerDocument !== undefined) warnings.push(dropped('max_tokens_per_doc'));
  return {
    body: {
      kind: 'json',
      json: {
        query: request.query,
        documents: request.documents.map((document) =>
          typeof document === 'string' ? document : (asString(document.text) ?? JSON.stringify(document)),
        ),
        // More than there are documents is refused.
        top_n: Math.min(request.topN ?? request.documents.length, request.documents.length),
        ...(/\bcohere\./.test(model) && { api_version: 2 }),
      },
    },
    warnings,
  };
}

function decodeResponse(body: JsonValue, { request, model }: { readonly request: RerankRequest; readonly model: string }): RerankResponse {
  const results = asArray(asObject(body)?.results);
  if (results === undefined) throw badReply('the provider answered without results');
  return {
    model,
    results: results.map((entry) => {
      const index = asNumber(asObject(entry)?.index);
      const score = asNumber(asObject(entry)?.relevance_score) ?? asNumber(asObject(entry)?.relevanceScore);
      if (index === undefined || score === undefined || request.documents[index] === undefined) {
        throw badReply('the provider ranked a document that was not sent');
      }
      return { index, score };
    }),
    usage: { ...noUsage, units: [{ unit: 'search', count: Math.ceil(request.documents.length / documentsPerSearch) }] },
  };
}
