// A candidate is something that stands between the load and the upstream: ours, a rival, or nothing.
import type { ChildProcess } from 'node:child_process';
import { stopProcess } from '../measure/child-process.ts';
import type { Lab } from '../measure/lab.ts';
import { credentialLine, models, type WireDialect } from '../wire/wire-dialect.ts';

/** Which grammars a measurement needs: `openai` in and `anthropic` up is a translation. */
export interface Route {
  readonly client: WireDialect;
  readonly upstream: WireDialect;
}

interface StartWish {
  readonly lab: Lab;
  /** How many virtual keys it must know; those without keys ignore it. */
  readonly keys: number;
  /** Text of the gateway's `mpc.yaml`; the others have none. */
  readonly config?: string | undefined;
}

export interface Running {
  readonly id: string;
  readonly port: number;
  /** Root of its process tree; undefined for a direct call. */
  readonly pid: number | undefined;
  /** Header lines that a client sends, one per key: at least one. */
  readonly credentials: (dialect: WireDialect) => readonly string[];
  readonly headers: (route: Route) => Readonly<Record<string, string>>;
  readonly model: (route: Route) => string;
  /** Runs its command line on the same installation; answers what it printed. Only the gateway has one. */
  readonly command?: (args: readonly string[]) => Promise<string>;
  stop(): Promise<void>;
}

export interface Candidate {
  readonly id: string;
  /** One line for the report: what it is and which version. */
  describe(): string;
  /** Makes it runnable, installing it where that is allowed; answers why it must be left out, if so. */
  prepare(options: { readonly install: boolean }): Promise<string | undefined>;
  /** The route it really takes, or why there is none. What cannot translate moves the upstream's bytes untouched. */
  takes(route: Route): Route | string;
  start(wish: StartWish): Promise<Running>;
}

/** What vendors' clients send besides the key. */
export function clientHeaders(dialect: WireDialect): Record<string, string> {
  const common = { accept: 'application/json', 'accept-encoding': 'identity', 'user-agent': 'mpc-bench/1' };
  return dialect === 'anthropic' ? { ...common, 'anthropic-version': '2023-06-01' } : common;
}

export const plainModel = ({ upstream }: Route): string => models[upstream];

/** A translation, seen by something that cannot translate: the same upstream bytes, handed on. */
export const untranslated = ({ upstream }: Route): Route => ({ client: upstream, upstream });

/** What candidates that hand bytes on have in common once they run. */
export function passThrough(id: string, running: { readonly port: number; readonly child: ChildProcess }): Running {
  return {
    id,
    port: running.port,
    pid: running.child.pid,
    // As long as a virtual key, so that all candidates read the same number of bytes.
    credentials: (dialect) => [credentialLine(dialect, `mpc-${'x'.repeat(40)}`)],
    headers: ({ client }) => clientHeaders(client),
    model: plainModel,
    stop: () => stopProcess(running.child),
  };
}
