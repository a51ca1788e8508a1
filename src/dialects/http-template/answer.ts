// What every declared answer may tell: an error, a text, tokens.
import { type Usage, usageFromTotals } from '../../canonical/usage.ts';
import { GatewayError } from '../../core/errors.ts';
import { asNumber, type JsonValue } from '../../core/json.ts';
import { type Path, readPath } from './paths.ts';
import type { TaskTemplate } from './template.ts';

/** Some servers answer 200 with an error inside. */
export function assertNoError(body: JsonValue, { response }: TaskTemplate): void {
  const error = readText(body, response['error']);
  if (error !== undefined && error !== '')
    throw new GatewayError('upstream_error', `the provider answered with an error: ${error.slice(0, 500)}`);
}

/** Several places found by a `*` are one text. */
export function readText(body: JsonValue, path: Path | undefined): string | undefined {
  const found = path === undefined ? [] : readPath(body, path).filter((value) => value !== null);
  if (found.length === 0) return undefined;
  return found.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join('');
}

export function readUsage(body: JsonValue, { response }: TaskTemplate): Usage | undefined {
  const count = (name: string): number | undefined => {
    const path = response[name];
    return path === undefined ? undefined : asNumber(readPath(body, path)[0]);
  };
  const input = count('input_tokens');
  const output = count('output_tokens');
  return input === undefined && output === undefined ? undefined : usageFromTotals({ inputTotal: input ?? 0, outputTotal: output ?? 0 });
}
