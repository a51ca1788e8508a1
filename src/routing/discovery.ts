// Which ids an open-ended server (LiteLLM, vLLM, Ollama …) serves: asked in the background and when a name is unknown.
import type { Clock } from '../core/clock.ts';
import { asArray, asObject, asString, tryParseJson } from '../core/json.ts';
import { UpstreamCall } from '../transport/upstream-call.ts';
import type { Upstream, Upstreams } from './upstreams.ts';

export interface ModelDiscovery {
  /** Asks the servers again, at most every 15 seconds. Answers false when nothing was asked. */
  refresh(): Promise<boolean>;
}

const refreshEveryMs = 15_000;
const waitMs = 3_000;
const maxListBytes = 8 * 1024 * 1024;

export function createDiscovery(upstreams: Upstreams, clock: Clock): ModelDiscovery {
  const open = [...upstreams.byId.values()].filter(({ definition }) => definition.openEnded && definition.models !== undefined);
  let askedMs = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | undefined;

  async function askAll(): Promise<void> {
    await Promise.all(
      open.map(async (upstream) => {
        const ids = await listModels(upstream, clock);
        // A server that is down for a moment keeps the list it gave before.
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

/** Ids from `GET /models`, in OpenAI's shape or as a bare list; undefined when the server did not tell. */
async function listModels(upstream: Upstream, clock: Clock): Promise<readonly string[] | undefined> {
  const path = upstream.pathOf(upstream.definition.models);
  if (path === undefined) return undefined;
  const reply = await get(upstream, path, clock);
  if (reply === undefined || reply.status !== 200) return undefined;
  const body = tryParseJson(reply.text);
  const list = asArray(body) ?? asArray(asObject(body)?.['data']) ?? asArray(asObject(body)?.['models']);
  return list?.map((entry) => asString(asObject(entry)?.['id']) ?? asString(asObject(entry)?.['name'])).filter((id) => id !== undefined);
}

/** One small GET on a connection; undefined when it failed. */
function get(upstream: Upstream, path: string, clock: Clock): Promise<{ readonly status: number; readonly text: string } | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let status = 0;
    let size = 0;
    let cancel = (): void => undefined;
    const answer = (value: { readonly status: number; readonly text: string } | undefined): void => {
      cancel();
      resolve(value);
    };
    const call = new UpstreamCall(
      {
        onHead: (code) => {
          status = code;
        },
        onData(chunk) {
          size += chunk.length;
          if (size <= maxListBytes) chunks.push(chunk);
          else {
            call.abort();
            answer(undefined);
          }
        },
        onEnd: () => answer({ status, text: Buffer.concat(chunks).toString() }),
        onFailure: () => answer(undefined),
      },
      clock,
    );
    cancel = clock.after(waitMs, () => {
      call.abort();
      resolve(undefined);
    });
    call.send(upstream.dispatcher, { method: 'GET', path, headers: [...upstream.headers], firstByteMs: waitMs, idleMs: waitMs });
  });
}
