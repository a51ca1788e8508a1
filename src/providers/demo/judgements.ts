// Rerank and moderation without a model: shared words decide.
import { asArray, asNumber, asObject, asString, type JsonObject, type JsonValue } from '../../core/json.ts';
import { embed } from './embeddings.ts';
import { badRequest } from './problem.ts';

const dimensions = 256;

/** By the angle between the vectors of query and document. */
export function answerRerank(body: JsonObject, model: string): object {
  const query = asString(body.query);
  const documents = asArray(body.documents);
  if (query === undefined) throw badRequest('query', 'query is a string');
  if (documents === undefined || documents.length === 0) throw badRequest('documents', 'documents is a non-empty list');
  const wanted = embed(query, dimensions);
  const results = documents
    .map((document, index) => ({ index, relevance_score: similarity(wanted, embed(textOf(document), dimensions)) }))
    .sort((a, b) => b.relevance_score - a.relevance_score || a.index - b.index)
    .slice(0, asNumber(body.top_n) ?? documents.length);
  return {
    id: 'rerank-demo',
    model,
    results,
    meta: { api_version: { version: '2' }, billed_units: { search_units: Math.ceil(documents.length / 100) } },
  };
}

/** 0 to 1, four digits. */
function similarity(a: Float32Array, b: Float32Array): number {
  const cosine = a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
  return Math.round(Math.max(0, Math.min(1, cosine)) * 10_000) / 10_000;
}

const signs = {
  harassment: /\b(idiot|stupid|loser)\b/i,
  hate: /\bhate (all|every|those)\b/i,
  'self-harm': /\b(suicide|hurt myself)\b/i,
  sexual: /\b(porn|nude)\b/i,
  violence: /\b(kill|murder|bomb|attack)\b/i,
} as const;

export function answerModeration(body: JsonObject, model: string): object {
  const input = body.input;
  const items = asArray(input);
  const texts = items === undefined || items.some((item) => typeof item !== 'string') ? [textOf(input ?? '')] : items.map(textOf);
  return { id: 'modr-demo', model, results: texts.map(judge) };
}

function judge(text: string): object {
  const categories = Object.fromEntries(Object.entries(signs).map(([name, sign]) => [name, sign.test(text)]));
  const scores = Object.fromEntries(Object.entries(categories).map(([name, found]) => [name, found ? 0.9 : 0.01]));
  return { flagged: Object.values(categories).includes(true), categories, category_scores: scores };
}

/** A text, an object's text, or those of a list of parts. */
function textOf(value: JsonValue): string {
  if (typeof value === 'string') return value;
  const items = asArray(value);
  if (items !== undefined) return items.map(textOf).join('\n');
  const fields = asObject(value);
  return asString(fields?.text) ?? (fields?.type === 'image_url' ? '' : JSON.stringify(value));
}
