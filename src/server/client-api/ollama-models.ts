// The models of this gateway as Ollama lists and describes its own. What says something about a file on disk stays empty.
import { hash } from 'node:crypto';
import { asObject } from '../../core/json.ts';
import type { Call } from '../call.ts';
import { findModel, type ModelListing, type ModelRow, rowsFor } from './models.ts';

export function listOllamaModels(call: Call, listing: ModelListing): void {
  const models = rowsFor(listing, call.principal).filter(isUseful).map(toTag);
  call.json(200, { models });
}

/** These tools chat and embed; a menu with image models in it would only lead them into errors. */
function isUseful({ modality }: ModelRow): boolean {
  return !Array.isArray(modality) || modality.includes('text') || modality.includes('embedding');
}

function toTag(row: ModelRow): Record<string, unknown> {
  return { name: row.id, model: row.id, ...fileFacts(row), details: detailsOf(row) };
}

/** Typed clients insist on all of these. */
function fileFacts(row: ModelRow): Record<string, unknown> {
  return { modified_at: new Date(row.created * 1_000).toISOString(), size: 0, digest: hash('sha256', row.id) };
}

function detailsOf(row: ModelRow): Record<string, unknown> {
  const family = row.owned_by;
  return { parent_model: '', format: '', family, families: [family], parameter_size: '', quantization_level: '' };
}

export function showOllamaModel(call: Call, id: string, listing: ModelListing): void {
  const row = findModel(id, call.principal, listing);
  const architecture = row.owned_by;
  call.json(200, {
    license: '',
    modelfile: '',
    parameters: '',
    template: '',
    details: detailsOf(row),
    model_info: {
      'general.architecture': architecture,
      'general.basename': row.id,
      // Where editors look for the size of the window.
      ...(typeof row['context_length'] === 'number' && { [`${architecture}.context_length`]: row['context_length'] }),
    },
    capabilities: capabilitiesOf(row),
    modified_at: fileFacts(row)['modified_at'],
  });
}

const capabilities = [
  ['tools', 'tools'],
  ['images', 'vision'],
  ['reasoning', 'thinking'],
] as const;

function capabilitiesOf({ modality, supports }: ModelRow): readonly string[] {
  const facts = asObject(supports);
  if (facts?.['embeddings'] === true) return ['embedding'];
  const chats = !Array.isArray(modality) || modality.includes('text');
  return [...(chats ? ['completion'] : []), ...capabilities.flatMap(([fact, word]) => (facts?.[fact] === true ? [word] : []))];
}
