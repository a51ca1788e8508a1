// One constraint for each ability a request can need.
import type { Supports } from '../catalog/catalog.ts';
import type { Constraint } from './constraint.ts';
import type { Need } from './decision.ts';

/** The catalog's word for an ability that a request needs. */
export const supportFor: Readonly<Record<Need, keyof Supports>> = {
  tools: 'tools',
  vision: 'images',
  json_schema: 'structured_output',
  json_mode: 'json_mode',
  audio: 'audio',
  video: 'video',
  files: 'files',
  reasoning: 'reasoning',
  embeddings: 'embeddings',
  prompt_cache: 'prompt_cache',
  streaming: 'streaming',
  rerank: 'rerank',
  moderation: 'moderation',
  image_output: 'image_output',
  image_edit: 'image_edit',
  speech: 'speech',
  transcription: 'transcription',
};

function needConstraint(need: Need): Constraint {
  const support = supportFor[need];
  return {
    name: `needs.${need}`,
    applies: ({ profile }) => profile.needs.includes(need),
    // An ability nobody has recorded is no reason to refuse a model that was named, and none to choose one that was not.
    allows: ({ offer, named }) => {
      const supported = offer.supports[support];
      return supported === true || (supported === undefined && (named || offer.uncatalogued === true));
    },
    reason: ({ offer }) => `${offer.supports[support] === false ? 'does not support' : 'is not known to support'} ${need}`,
    relax: (profile, _pair, { modality }) => ({
      words: `do without ${need}`,
      profile: { ...profile, needs: profile.needs.filter((other) => other !== need), modality: profile.modality ?? modality },
    }),
  };
}

export const needConstraints: readonly Constraint[] = (Object.keys(supportFor) as Need[]).map(needConstraint);
