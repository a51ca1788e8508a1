// Members that only some models of a provider refuse.
import type { Reshape } from '../provider.ts';

export interface ModelDrop {
  readonly members: readonly string[];
  /** Tested on the provider's model id. */
  readonly models: (model: string) => boolean;
  readonly because: string;
}

export function dropForModels({ members, models, because }: ModelDrop): Reshape {
  return {
    name: 'drop-for-models',
    members,
    when: 'present',
    apply(body, { model, warn }) {
      if (!models(model)) return;
      const present = members.filter((member) => body[member] !== undefined);
      for (const member of present) {
        if (body[member] !== null) warn({ field: member, kind: 'dropped', message: because });
        body[member] = undefined;
      }
    },
  };
}
