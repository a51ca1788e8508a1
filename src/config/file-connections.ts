// The sections `providers` and `connections` of mpc.yaml → connection drafts.
import { resolve } from 'node:path';
import { providerSettings, type ProviderSettings, readTemplate } from '../providers/config.ts';
import { readFileAccount } from './account-fields.ts';
import { readBaseUrl } from './base-url.ts';
import { type ConnectionDraft, newDraft } from './connection-draft.ts';
import { readCredential, readHeader } from './credential.ts';
import type { FileReader } from './file-reader.ts';
import { nearestName } from './nearest-name.ts';
import type { OwnProviders } from './own-providers.ts';
import { type FilePath, isRecord } from './settings-file.ts';

export const connectionMembers = [
  'api_key',
  'base_url',
  'region',
  'account',
  'headers',
  'models',
  'timeouts',
  'enabled',
  'weight',
  'priority',
  'max_parallel',
  'ca_file',
  'auth_header',
  'template',
] as const;
/** Of `providers.<id>` alone: the module that brings the provider. */
export const adapterMember = 'adapter';
export const timeoutMembers = ['connect_ms', 'first_byte_ms', 'idle_ms'] as const;

const idForm = /^[a-z0-9][a-z0-9._-]{0,63}$/;

export interface FileConnections {
  readonly drafts: ConnectionDraft[];
  readonly notices: string[];
}

export function readFileConnections(reader: FileReader, own?: OwnProviders): FileConnections {
  const found: FileConnections = { drafts: [], notices: [] };
  const { root } = reader.file;
  const brought = new Map<string, ProviderSettings | undefined>();
  for (const [id, value] of Object.entries(reader.map(['providers'], root['providers']))) {
    const path = ['providers', id];
    const hasAdapter = isRecord(value) && value[adapterMember] !== undefined;
    const provider = hasAdapter ? readAdapter(reader, id, { value: value[adapterMember], own }) : findSettings(reader, path, id);
    if (hasAdapter) brought.set(id, provider);
    if (provider === undefined) continue;
    const draft = newDraft({ id, provider, at: reader.file.locate(path), named: 'provider-section' });
    readMembers({ reader, path, draft, found }, reader.map(path, value, [...connectionMembers, adapterMember]));
    found.drafts.push(draft);
  }
  const list = root['connections'];
  if (list !== undefined && list !== null && !Array.isArray(list)) reader.wrong(['connections'], 'must be a list');
  (Array.isArray(list) ? (list as unknown[]) : []).forEach((value, index) => readConnection(reader, found, { value, index, brought }));
  return found;
}

/** The provider of a section with `adapter`; undefined = it is wrong, or was not loaded. */
function readAdapter(
  reader: FileReader,
  id: string,
  { value, own }: { readonly value: unknown; readonly own: OwnProviders | undefined },
): ProviderSettings | undefined {
  const path = ['providers', id, adapterMember];
  if (reader.text(path, value) === undefined) return undefined;
  const loaded = own?.get(id);
  if (loaded === undefined) return undefined;
  if (!('wrong' in loaded)) return loaded.definition;
  reader.wrong(path, loaded.wrong);
  return undefined;
}

interface ListEntry {
  readonly value: unknown;
  readonly index: number;
  /** Providers of sections with `adapter`; undefined where such a one cannot be used, which was told there. */
  readonly brought: ReadonlyMap<string, ProviderSettings | undefined>;
}

function readConnection(reader: FileReader, found: FileConnections, entry: ListEntry): void {
  const path = ['connections', entry.index];
  const members = reader.map(path, entry.value, ['id', 'provider', ...connectionMembers]);
  const id = reader.text([...path, 'id'], members['id']);
  const providerId = reader.text([...path, 'provider'], members['provider']);
  if (id === undefined) reader.wrong(path, 'needs an id, for example openai-eu');
  else if (!idForm.test(id)) reader.wrong([...path, 'id'], 'must be lower-case letters, digits, dots and dashes');
  else if (found.drafts.some((draft) => draft.id === id)) reader.wrong([...path, 'id'], `there is a connection ${id} already`);
  if (providerId === undefined) reader.wrong(path, `needs a provider: ${providerSettings.map((known) => known.id).join(', ')}`);
  const provider =
    providerId === undefined
      ? undefined
      : entry.brought.has(providerId)
        ? entry.brought.get(providerId)
        : findSettings(reader, [...path, 'provider'], providerId);
  if (id === undefined || provider === undefined) return;
  const draft = newDraft({ id, provider, at: reader.file.locate(path), named: 'connections' });
  readMembers({ reader, path, draft, found }, members);
  found.drafts.push(draft);
}

function findSettings(reader: FileReader, path: FilePath, id: string): ProviderSettings | undefined {
  const ids = providerSettings.map((known) => known.id);
  const provider = providerSettings.find((known) => known.id === id);
  if (provider === undefined) {
    const near = nearestName(id, ids);
    reader.wrong(path, `unknown provider; ${near === undefined ? `known: ${ids.join(', ')}` : `did you mean ${near}?`}`);
  }
  return provider;
}

interface MemberTarget {
  readonly reader: FileReader;
  readonly path: FilePath;
  readonly draft: ConnectionDraft;
  readonly found: FileConnections;
}

function readMembers(target: MemberTarget, members: Readonly<Record<string, unknown>>): void {
  const { reader, path, draft, found } = target;
  const at = (member: string): FilePath => [...path, member];
  for (const member of Object.keys(members)) draft.origins.set(member, { kind: 'file', at: reader.file.locate(at(member)) });

  const key = reader.text(at('api_key'), members['api_key']);
  if (key !== undefined) {
    const read = readCredential(key);
    if ('wrong' in read) reader.wrong(at('api_key'), read.wrong);
    else draft.apiKey = read.value;
    if (!reader.isReference(members['api_key'])) {
      found.notices.push(
        `${reader.file.locate(at('api_key'))}: the key itself stands in the file; \${NAME} would keep it in the environment`,
      );
    }
  }
  const base = reader.text(at('base_url'), members['base_url']);
  if (base !== undefined) {
    const read = readBaseUrl(base, draft.provider);
    if ('wrong' in read) reader.wrong(at('base_url'), read.wrong);
    else draft.baseUrl = read.url;
  }
  const authHeader = reader.text(at('auth_header'), members['auth_header']);
  if (authHeader !== undefined) {
    draft.auth = authHeader.toLowerCase() === 'authorization' ? { kind: 'bearer' } : { kind: 'header', name: authHeader.toLowerCase() };
  }
  draft.headers = readHeaders(reader, at('headers'), members['headers']);
  if (members['template'] !== undefined) draft.template = readFileTemplate(target, members['template']);
  draft.region = reader.text(at('region'), members['region']);
  readFileAccount(reader, draft, { path: at('account'), value: members['account'] });
  draft.models = reader.list(at('models'), members['models']);
  draft.enabled = reader.flag(at('enabled'), members['enabled']) ?? true;
  draft.weight = readAmount(reader, at('weight'), { value: members['weight'], min: 0.001, max: 1_000_000 });
  draft.priority = readAmount(reader, at('priority'), { value: members['priority'], min: 0, max: 1_000, whole: true });
  draft.maxParallel = readAmount(reader, at('max_parallel'), { value: members['max_parallel'], min: 1, max: 1_000_000, whole: true });
  const caFile = reader.text(at('ca_file'), members['ca_file']);
  if (caFile !== undefined) draft.caFile = resolve(reader.file.directory, caFile);
  const timeouts = reader.map(at('timeouts'), members['timeouts'], timeoutMembers);
  const timeout = (member: string): number | undefined => reader.milliseconds([...at('timeouts'), member], timeouts[member]);
  const [connectMs, firstByteMs, idleMs] = [timeout('connect_ms'), timeout('first_byte_ms'), timeout('idle_ms')];
  draft.timeouts = {
    ...(connectMs !== undefined && { connectMs }),
    ...(firstByteMs !== undefined && { firstByteMs }),
    ...(idleMs !== undefined && { idleMs }),
  };
}

interface Amount {
  readonly value: unknown;
  readonly min: number;
  readonly max: number;
  readonly whole?: true;
}

function readAmount(reader: FileReader, path: FilePath, { value, min, max, whole }: Amount): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && value >= min && value <= max && (whole === undefined || Number.isInteger(value))) return value;
  reader.wrong(path, `must be a ${whole === undefined ? '' : 'whole '}number from ${min} to ${max}`);
  return undefined;
}

function readHeaders(reader: FileReader, path: FilePath, value: unknown): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const [name, text] of Object.entries(reader.texts(path, value))) {
    const read = readHeader(name, text);
    if ('wrong' in read) reader.wrong([...path, name], read.wrong);
    else headers[name.toLowerCase()] = read.value;
  }
  return headers;
}

/** `${NAME}` is not read in a template: what it says goes to the provider as it stands there. */
function readFileTemplate({ reader, path, draft }: MemberTarget, value: unknown): ConnectionDraft['template'] {
  const at = [...path, 'template'];
  if (draft.provider.templated !== true) {
    const able = providerSettings.filter((known) => known.templated === true).map((known) => known.id);
    reader.wrong(at, `${draft.provider.id} has endpoints of its own; a template is for provider: ${able.join(', ')}`);
    return undefined;
  }
  const { template, problems } = readTemplate(value);
  for (const problem of problems) reader.wrong([...at, ...problem.path], problem.message);
  return template;
}
