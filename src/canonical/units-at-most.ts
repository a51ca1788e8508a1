// What a request can use at most of what is not counted in tokens, for the reservation of its cost.
import type { TaskRequest } from './tasks.ts';
import type { UsageUnit } from './usage.ts';

/** Speech that is packed as tightly as any recorder packs it: 8 kbit/s. */
const fewestBytesPerSecond = 1_000;

/** Undefined: it is paid in tokens alone. */
export function unitsAtMost(request: TaskRequest): readonly UsageUnit[] | undefined {
  switch (request.task) {
    case 'image':
    case 'image-edit':
      return [{ unit: 'image', count: request.count ?? 1 }];
    case 'speak':
      return [{ unit: 'character', count: [...request.text].length }];
    case 'transcribe':
    case 'translate-audio':
      return [{ unit: 'second', count: Math.ceil(request.audio.bytes / fewestBytesPerSecond) }];
    case 'rerank':
      return [{ unit: 'search', count: Math.ceil(request.documents.length / 100) }];
    case 'embed':
    case 'moderate':
      return undefined;
  }
}
