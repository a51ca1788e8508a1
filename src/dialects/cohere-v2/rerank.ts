// Cohere's rerank, both sides. Jina, LiteLLM, vLLM and others took its form over, so the client side is read leniently.
import type { RerankRequest, RerankResponse } from '../../canonical/tasks.ts';
import { inputTotal, noUsage, type Usage, usageFromTotals } from '../../canonical/usage.ts';
import { newId } from '../../core/ids.ts';
import { asArray, asNumber, asObject, asString, isObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { Warning } from '../../canonical/warning.ts';
import { invalid, nameOf, readArray, readBoolean, readCount, readString, requireString } from '../openai-chat/fields.ts';
import type { EncodedAnswer, EncodedTask, TaskDialect, TaskTarget } from '../task-dialect.ts';
import { badReply, decodeError, findError } from './errors.ts';
import { readUnits } from './usage.ts';

const understood: ReadonlySet<string> = new Set([
  'model',
  'query',
  'documents',
  'top_n',
  'max_tokens_per_doc',
  'return_documents',
  'rank_fields',
]);

export const cohereRerank: TaskDialect<RerankRequest, RerankResponse> = {
  id: 'cohere-rerank',
  tasks: ['rerank'],
  decodeRequest,
  encodeResponse,
  encodeRequest,
  decodeResponse,
  decodeError,
};

function decodeRequest(body: JsonObject): RerankRequest {
  const topN = readCount(body, 'top_n');
  const maxTokensPerDocument = readCount(body, 'max_tokens_per_doc');
  const returnDocuments = readBoolean(body, 'return_documents');
  const unknown = Object.entries(body).filter(([key, value]) => !understood.has(key) && value !== null && value !== undefined);
  return {
    task: 'rerank',
    dialect: 'cohere-rerank',
    model: readString(body, 'model') ?? '',
    query: requireString(body, 'query', ''),
    documents: readDocuments(body),
    ...(topN !== undefined && { topN }),
    ...(maxTokensPerDocument !== undefined && { maxTokensPerDocument }),
    ...(returnDocuments !== undefined && { returnDocuments }),
    ...(unknown.length > 0 && { extensions: { 'cohere-rerank': Object.fromEntries(unknown) as JsonObject } }),
  };
}

/** Objects are ranked by the fields that `rank_fields` names, in that order; by all of them without it. */
function readDocuments(body: JsonObject): (string | JsonObject)[] {
  const fields = (readArray(body, 'rank_fields') ?? []).map((field, at) => {
    if (typeof field !== 'string') throw invalid(`rank_fields[${at}]`, `must be a string, not ${nameOf(field)}`);
    return field;
  });
  const documents = readArray(body, 'documents');
  if (documents === undefined || documents.length === 0) throw invalid('documents', 'is missing or empty; send at least one text');
  return documents.map((document, at) => {
    if (typeof document === 'string') return document;
    if (!isObject(document)) throw invalid(`documents[${at}]`, `must be a string or an object, not ${nameOf(document)}`);
    return fields.length === 0 ? document : (Object.fromEntries(fields.map((field) => [field, document[field]])) as JsonObject);
  });
}

function encodeRequest(request: RerankRequest, target: TaskTarget): EncodedTask {
  return {
    body: {
      kind: 'json',
      json: {
        ...request.extensions?.['cohere-rerank'],
        model: target.model,
        query: request.query,
        documents: request.documents.map(documentText),
        ...(request.topN !== undefined && { top_n: request.topN }),
        ...(request.maxTokensPerDocument !== undefined && { max_tokens_per_doc: request.maxTokensPerDocument }),
      },
    },
    // `return_documents` is gone from version 2; the answer gets them back from the request.
    warnings: [],
  };
}

/** Version 2 ranks texts only; an object goes as its fields, one a line, the way the vendor advises. A lone text as it is. */
function documentText(document: string | JsonObject): string {
  if (typeof document === 'string') return document;
  const members = Object.entries(document).filter(([, value]) => value !== undefined && value !== null);
  const [only] = members;
  if (members.length === 1 && only?.[0] === 'text' && typeof only[1] === 'string') return only[1];
  return members.map(([name, value]) => `${name}: ${asString(value) ?? JSON.stringify(value)}`).join('\n');
}

function decodeResponse(body: JsonValue, { request, model }: { readonly request: RerankRequest; readonly model: string }): RerankResponse {
  const answer = asObject(body);
  const error = answer === undefined ? undefined : findError(answer);
  if (error !== undefined) throw error;
  const list = asArray(answer?.results);
  if (answer === undefined || list === undefined) throw badReply('the provider answered without a list of results', body);
  const results = list.map((value) => {
    const index = asNumber(asObject(value)?.index);
    const score = asNumber(asObject(value)?.relevance_score);
    if (index === undefined || score === undefined || !Number.isInteger(index) || index < 0 || index >= request.documents.length) {
      throw badReply('the provider answered a result without the index of a document or without a score', body);
    }
    return { index, score };
  });
  const id = asString(answer.id);
  const usage = readUsage(answer);
  return {
    ...(id !== undefined && { id }),
    model: asString(answer.model) ?? model,
    results: results.sort((a, b) => b.score - a.score || a.index - b.index),
    ...(usage !== undefined && { usage }),
  };
}

/** Searches where they are billed, tokens where others bill those. */
function readUsage(answer: JsonObject): Usage | undefined {
  const billed = asObject(asObject(answer.meta)?.billed_units);
  const units = readUnits(billed);
  const tokens = asNumber(asObject(asObject(answer.meta)?.tokens)?.input_tokens) ?? asNumber(asObject(answer.usage)?.total_tokens);
  if (units.length === 0 && tokens === undefined) return undefined;
  const counted = tokens === undefined ? noUsage : usageFromTotals({ inputTotal: tokens, outputTotal: 0 });
  return units.length === 0 ? counted : { ...counted, billed: { input: 0, output: 0 }, units };
}

function encodeResponse(
  response: RerankResponse,
  { request }: { readonly request: RerankRequest; readonly warnings: Warning[] },
): EncodedAnswer {
  const { results, usage } = response;
  const searches = usage?.units?.find((unit) => unit.unit === 'search')?.count;
  const top = request.topN === undefined ? results : results.slice(0, request.topN);
  return {
    kind: 'json',
    json: {
      id: response.id ?? newId('rerank'),
      model: response.model,
      results: top.map(({ index, score }) => ({
        index,
        relevance_score: score,
        ...(request.returnDocuments === true && { document: toDocument(request.documents[index]) }),
      })),
      meta: {
        api_version: { version: '2' },
        ...(searches !== undefined && { billed_units: { search_units: searches } }),
        ...(usage !== undefined && searches === undefined && { tokens: { input_tokens: inputTotal(usage) } }),
      },
    },
  };
}

function toDocument(document: string | JsonObject | undefined): JsonObject {
  return isObject(document) ? document : { text: document ?? '' };
}
