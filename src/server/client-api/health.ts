// Is the process there, does it take requests? Never authenticated, never calls a provider.
import type { Call } from '../call.ts';

export interface HealthFacts {
  readonly version: string;
  /** Base URL of the LiteLLM proxy, when one is configured. */
  readonly litellmUrl: () => string | null;
  readonly isReady: () => boolean;
  readonly nowIso: () => string;
}

export function healthHandler(facts: HealthFacts): (call: Call) => void {
  return (call) =>
    call.json(200, {
      status: 'ok',
      service: 'mpc-api',
      timestamp: facts.nowIso(),
      litellm_url: facts.litellmUrl(),
      version: facts.version,
      ready: facts.isReady(),
    });
}

export function liveHandler(): (call: Call) => void {
  return (call) => call.json(200, { status: 'ok' });
}

export function readyHandler(facts: HealthFacts): (call: Call) => void {
  return (call) => {
    const ready = facts.isReady();
    call.json(ready ? 200 : 503, { status: ready ? 'ready' : 'stopping' });
  };
}
