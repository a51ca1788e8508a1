// What a model has to make follows from some of the needs, so that a caller who names the need need not name both.
import type { Modality } from '../catalog/catalog.ts';
import type { Need } from './decision.ts';

/** What a model must make to meet a need, where the need alone says it. */
const modalityFor: Readonly<Partial<Record<Need, Modality>>> = {
  embeddings: 'embedding',
  rerank: 'scores',
  moderation: 'scores',
  image_output: 'image',
  image_edit: 'image',
  speech: 'audio',
  transcription: 'transcript',
};

/** undefined = the needs are met by models that write text, as most are. */
export function modalityOfNeeds(needs: readonly Need[]): Modality | undefined {
  for (const need of needs) {
    const modality = modalityFor[need];
    if (modality !== undefined) return modality;
  }
  return undefined;
}
