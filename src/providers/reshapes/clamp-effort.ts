// `reasoning_effort` has seven values across vendors, and each provider knows some of them: the nearest one is sent.
import type { Reshape } from '../provider.ts';

/** Effort → what this provider calls it; efforts that are not named pass. */
export function clampEffort(map: Readonly<Record<string, string>>): Reshape {
  return {
    name: 'clamp-effort',
    members: ['reasoning_effort'],
    when: Object.keys(map).map((effort) => `"${effort}"`),
    apply(body, { warn }) {
      const effort = body['reasoning_effort'];
      const nearest = typeof effort === 'string' && Object.hasOwn(map, effort) ? map[effort] : undefined;
      if (nearest === undefined || nearest === effort) return;
      body['reasoning_effort'] = nearest;
      warn({ field: 'reasoning_effort', kind: 'changed', message: `sent as ${nearest}: the provider has no ${effort}` });
    },
  };
}
