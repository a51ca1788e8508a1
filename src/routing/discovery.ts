// Which ids an open-ended server (LiteLLM, vLLM, Ollama …) serves: asked in the background and when a name is unknown.
import type { Clock } from '../core/clock.ts';
import { listModels } from './list-models.ts';
import type { Upstreams } from './upstreams.ts';

export interface ModelDiscovery {
  /** Asks the servers again, at most every 15 seconds. Answers false when nothing was asked. */
  refresh(): Promise<boolean>;
}

const refreshEveryMs = 15_000;

export function createDiscovery(upstreams: Upstreams, clock: Clock): ModelDiscovery {
  const open = [...upstreams.byId.values()].filter(({ definition }) => definition.openEnded && definition.models !== undefined);
  let askedMs = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | undefined;

  async function askAll(): Promise<void> {
    await Promise.all(
      open.map(async (upstream) => {
        // A server that is down for a moment keeps the list it gave before.
        const ids = await listModels(upstream, clock).catch(() => undefined);
        if (ids !== undefined) upstreams.setDiscovered(upstream.id, ids);
      }),
    );
  }

  return {
    async refresh() {
      if (open.length === 0) return false;
      if (asking === undefined) {
        if (clock.monotonicMs() - askedMs < refreshEveryMs) return false;
        askedMs = clock.monotonicMs();
        asking = askAll().finally(() => {
          asking = undefined;
        });
      }
      await asking;
      return true;
    },
  };
}
