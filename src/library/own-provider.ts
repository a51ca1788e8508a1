// What counts as a provider of one's own: a definition or an adapter object. Both come from code that no compiler may have seen, so they
// are looked at before anything is built on them.
import { isObject, type JsonObject } from '../core/json.ts';
import { isAdapter, missingMethods, type ProviderAdapter } from '../providers/adapter.ts';
import { findProvider, type ProviderDefinition } from '../providers/index.ts';
import type { OwnProvider } from '../providers/own-provider.ts';
import { definitionOfAdapter } from './adapter-definition.ts';

/** What is wrong with it, as a sentence without a subject's place. */
export interface Wrong {
  readonly wrong: string;
}

const idForm = /^[a-z0-9][a-z0-9-]*$/;
const authKinds: readonly unknown[] = ['bearer', 'header', 'none', 'authorizer'];

/** The provider, or why it is none. */
export function readOwnProvider(value: unknown): OwnProvider | Wrong {
  if (!isObject(value) || typeof value['id'] !== 'string' || !idForm.test(value['id'])) {
    return { wrong: 'each needs an id of lower-case letters, digits and dashes' };
  }
  const { id } = value;
  if (isAdapter(value)) {
    const missing = missingMethods(value);
    if (missing.length > 0) return { wrong: `"${id}" has no ${missing.join(', ')}` };
    if (findProvider(id) !== undefined) return { wrong: `"${id}" is the name of a provider already` };
    const adapter: ProviderAdapter = value;
    return { definition: definitionOfAdapter(adapter), adapter };
  }
  const wrong = findMistake(value);
  return wrong === undefined ? { definition: value as object as ProviderDefinition } : { wrong: `"${id}" ${wrong}` };
}

/** The first member without which a call could not even be built. */
function findMistake(definition: JsonObject): string | undefined {
  const { auth, baseUrl, chat, tasks } = definition;
  if (!isObject(auth) || !authKinds.includes(auth['kind'])) return 'needs auth: bearer, or { kind: "header", name: "x-key" } …';
  if (baseUrl !== undefined && (typeof baseUrl !== 'string' || !/^https?:\/\/[^/]/.test(baseUrl))) {
    return 'has a baseUrl that is no address; write https://host/path';
  }
  if (!Array.isArray(chat)) return 'needs chat, a list of endpoints: [openaiChat()], or [] when it does not chat';
  const lists = isObject(tasks) ? Object.entries(tasks) : [];
  for (const [name, endpoints] of [['chat', chat] as const, ...lists]) {
    if (!Array.isArray(endpoints)) return `has tasks.${name} that is no list of endpoints`;
    const at = endpoints.findIndex((endpoint) => !isEndpoint(endpoint));
    if (at >= 0) return `has an endpoint without dialect or path ("/…"): ${name}[${at}]`;
  }
  return undefined;
}

function isEndpoint(value: unknown): boolean {
  return isObject(value) && typeof value['dialect'] === 'string' && typeof value['path'] === 'string' && value['path'].startsWith('/');
}
