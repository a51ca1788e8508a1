// What the caller of a task wants to be served by: a model by name, or fallbacks by header or body as in chat.
import { asArray, asObject, asString } from '../../core/json.ts';
import type { ModelWish, Need } from '../../gateway/call.ts';
import type { Modality } from '../../catalog/catalog.ts';
import type { Call } from '../call.ts';
import { gatewayMembers } from './chat.ts';
import { noConstraints, readConstraints, readFallbackOn } from './constraints.ts';

interface Wishing {
  readonly call: Call;
  readonly route: { readonly need: Need; readonly modality: Modality };
  readonly name: string | undefined;
  /** A member of the body. */
  readonly read: (key: string) => unknown;
}

export function readWishOf({ call, route, name, read }: Wishing): ModelWish {
  const source: Record<string, unknown> = {};
  for (const key of gatewayMembers) {
    const value = key === 'modality' ? undefined : read(key);
    if (value !== undefined) source[key] = value;
  }
  const header = call.header('x-mpc-fallback-on');
  if (header !== undefined) source['fallback_on'] ??= header;
  const hasConstraints = Object.keys(source).length > 0;
  const said = { ...source, ...asObject(source['mpc']) };
  const fallbackOn = hasConstraints ? readFallbackOn(said) : undefined;
  return {
    ...(name !== undefined && name !== '' && { name }),
    fallbacks: readFallbacks(call, read('fallbacks')),
    needs: [route.need],
    // A list of inputs has a window for each, so the whole body says nothing about fitting.
    contextTokens: 0,
    modality: route.modality,
    constraints: hasConstraints ? readConstraints(said) : noConstraints,
    hasConstraints,
    ...(fallbackOn !== undefined && { fallbackOn }),
    promptText: () => '',
  };
}

function readFallbacks(call: Call, inBody: unknown): readonly string[] {
  const listed = asArray(inBody) ?? (typeof inBody === 'string' ? [inBody] : undefined) ?? call.header('x-mpc-fallbacks')?.split(',') ?? [];
  return listed.map((entry) => (asString(entry) ?? asString(asObject(entry)?.['model']) ?? '').trim()).filter((name) => name !== '');
}
