// The headers of one upstream call: the connection's, and what its caller may add to them.
import type { Upstream } from './upstream.ts';

export type Header = readonly [name: string, value: string];

/**
 * `forwarded`: the caller's headers that this upstream may see, in lower case; each takes the place of the connection's own.
 * `demoHeader` goes to the simulator alone. The connection's very list wherever a call adds nothing to it.
 */
export function callHeaders(
  { headers, definition }: Upstream,
  forwarded: readonly Header[],
  demoHeader: string | undefined,
): readonly string[] {
  const tellsDemo = demoHeader !== undefined && definition.builtIn === true;
  if (forwarded.length === 0 && !tellsDemo) return headers;
  const all = [...headers];
  for (const [name, value] of forwarded) replaceHeader(all, name, value);
  if (tellsDemo) all.push('x-mpc-demo', demoHeader);
  return all;
}

/** Sets one header of a flat name, value list whose names are in lower case. Two of a name would be one list of both values. */
export function replaceHeader(headers: string[], name: string, value: string): void {
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i] === name) {
      headers[i + 1] = value;
      return;
    }
  }
  headers.push(name, value);
}
