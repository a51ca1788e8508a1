// Model listings in Google's shape: `models/ID` with limits and methods, by pages.
import { GatewayError } from '../../core/errors.ts';
import type { Call } from '../call.ts';
import { findModel, type ModelListing, type ModelRow, rowsFor } from './models.ts';

const defaultPage = 50;
const largestPage = 1_000;

export function listGeminiModels(call: Call, listing: ModelListing): void {
  const rows = rowsFor(listing, call.principal);
  const asked = Number(call.query.get('pageSize') ?? call.query.get('page_size') ?? defaultPage);
  const size = Math.min(largestPage, Math.max(1, Math.floor(asked) || defaultPage));
  const from = readToken(call.query.get('pageToken') ?? call.query.get('page_token'));
  const next = from + size;
  call.json(200, { models: rows.slice(from, next).map(geminiRow), ...(next < rows.length && { nextPageToken: String(next) }) });
}

export function describeGeminiModel(call: Call, listing: ModelListing): void {
  const id = (call.params['id'] ?? '').replace(/^models\//, '');
  call.json(200, { ...geminiRow(findModel(id, call.principal, listing)), name: `models/${id}` });
}

function readToken(token: string | null): number {
  if (token === null || token === '') return 0;
  if (!/^\d{1,9}$/.test(token)) throw new GatewayError('invalid_request', 'pageToken: not one of this server', { param: 'pageToken' });
  return Number(token);
}

function geminiRow(row: ModelRow): Record<string, unknown> {
  const modality = Array.isArray(row['modality']) ? (row['modality'] as readonly unknown[]) : ['text'];
  const methods = [
    ...(modality.includes('text') ? ['generateContent', 'streamGenerateContent', 'countTokens'] : []),
    ...(modality.includes('embedding') ? ['embedContent', 'batchEmbedContents'] : []),
  ];
  return {
    name: `models/${row.id}`,
    baseModelId: row.id,
    version: '001',
    displayName: row.id,
    ...(row['context_length'] !== undefined && { inputTokenLimit: row['context_length'] }),
    ...(row['max_output_tokens'] !== undefined && { outputTokenLimit: row['max_output_tokens'] }),
    supportedGenerationMethods: methods,
  };
}
