// What an account needs besides a key (region, resource, project …): declared by the provider, read from mpc.yaml under `account:`
// and from variables, filled up with defaults and checked.
import { type AccountField, type ProviderSettings, templateFields } from '../providers/config.ts';
import type { ConnectionDraft } from './connection-draft.ts';
import type { Environment } from './environment.ts';
import type { FileReader } from './file-reader.ts';
import type { Problem } from './problems.ts';
import { nameOf } from './read-field.ts';
import type { FilePath } from './settings-file.ts';

export type Account = Readonly<Record<string, string>>;

export function accountFields(provider: ProviderSettings): readonly (readonly [name: string, field: AccountField])[] {
  return Object.entries(provider.account ?? {});
}

/** `BEDROCK` of `bedrock`: what the variables of a provider begin with. */
export function variableStem(id: string): string {
  return id.toUpperCase().replaceAll('-', '_');
}

/** The variables of a field, in the order they are read. */
export function accountVariables(provider: ProviderSettings, name: string): readonly string[] {
  const own = provider.account?.[name];
  return own === undefined ? [] : [`${variableStem(provider.id)}_${name.toUpperCase()}`, ...(own.env ?? [])];
}

export function readFileAccount(
  reader: FileReader,
  draft: ConnectionDraft,
  given: { readonly path: FilePath; readonly value: unknown },
): void {
  const fields = accountFields(draft.provider);
  const { path, value } = given;
  if (value !== undefined && value !== null && fields.length === 0) {
    reader.wrong(path, `${draft.provider.id} needs nothing besides a key and an address; leave account out`);
    return;
  }
  const names = fields.map(([name]) => name);
  const members = reader.map(path, value, names);
  for (const [name, field] of fields) {
    const text = reader.text([...path, name], members[name]);
    if (text === undefined) continue;
    const wrong = checkValue(field, text);
    if (wrong !== undefined) reader.wrong([...path, name], wrong);
    draft.account[name] = text;
    draft.origins.set(`account.${name}`, { kind: 'file', at: reader.file.locate([...path, name]) });
  }
}

interface AccountSource {
  readonly env: Environment;
  readonly at: (name: string) => string;
  readonly problems: Problem[];
}

/** Field → its variables, in the order they are read. */
export type FieldVariables = Readonly<Record<string, readonly string[]>>;

/** The fields of the provider's own connection: `<ID>_<FIELD>` and the names its SDK reads. */
export function ownFieldVariables(provider: ProviderSettings): FieldVariables {
  return Object.fromEntries(accountFields(provider).map(([name]) => [name, accountVariables(provider, name)]));
}

/** What the variables say, before any draft exists: decides whether they enable the provider. */
export function accountOfVariables(provider: ProviderSettings, variables: FieldVariables, env: Environment): Account {
  const account: Record<string, string> = {};
  for (const [name, field] of accountFields(provider)) {
    const text = valueOf(env, variables[name] ?? []) ?? field.default;
    if (text !== undefined) account[name] = text;
  }
  return account;
}

/** Variables over what the file said. */
export function readEnvAccount(source: AccountSource, draft: ConnectionDraft, variables: FieldVariables): void {
  const fields = accountFields(draft.provider);
  const machine = fields.filter(([, field]) => field.machine === true).map(([name]) => name);
  // A key id of one source with the secret of another would only fail at the first call.
  if (machine.some((name) => valueOf(source.env, variables[name] ?? []) !== undefined)) {
    for (const name of machine) delete draft.account[name];
  }
  for (const [name] of fields) readVariable(source, draft, { name, variables: variables[name] ?? [] });
}

/** The machine's own credentials, for a connection that names none. */
export function readMachineAccount(source: AccountSource, draft: ConnectionDraft): void {
  const fields = accountFields(draft.provider).filter(([, field]) => field.machine === true);
  if (draft.apiKey !== undefined || fields.some(([name]) => draft.account[name] !== undefined)) return;
  for (const [name, field] of fields) readVariable(source, draft, { name, variables: field.env ?? [] });
}

function readVariable(
  { env, at, problems }: AccountSource,
  draft: ConnectionDraft,
  { name, variables }: { readonly name: string; readonly variables: readonly string[] },
): void {
  const variable = variables.find((candidate) => (env[candidate] ?? '').trim() !== '');
  const field = draft.provider.account?.[name];
  const text = variable === undefined ? undefined : env[variable]?.trim();
  if (variable === undefined || field === undefined || text === undefined) return;
  const wrong = checkValue(field, text);
  if (wrong !== undefined) problems.push({ at: at(variable), path: `connections.${draft.id}.account.${name}`, message: wrong });
  draft.account[name] = text;
  draft.origins.set(`account.${name}`, { kind: 'env', at: at(variable) });
}

/** The whole account, defaults included. `region` of the connection serves as the account's where the account names none. */
export function completeAccount(draft: ConnectionDraft): Account {
  const account: Record<string, string> = {};
  for (const [name, field] of accountFields(draft.provider)) {
    const text = draft.account[name] ?? (name === 'region' ? draft.region : undefined) ?? field.default;
    if (text !== undefined) account[name] = text;
  }
  return account;
}

/** Fields without which no call can be made, or the address not be known. */
export function missingFields(draft: ConnectionDraft, account: Account, address: string | undefined): readonly string[] {
  const needed = accountFields(draft.provider).filter(([, field]) => field.optional !== true);
  const names = new Set([...needed.map(([name]) => name), ...(address === undefined ? [] : templateFields(address))]);
  return [...names].filter((name) => account[name] === undefined);
}

/** `region (AWS_REGION or account.region): the AWS region, for example eu-west-1`. */
export function explainField(provider: ProviderSettings, name: string): string {
  const variables = accountVariables(provider, name);
  const field = provider.account?.[name];
  const places = [variables[1] ?? variables[0], `account.${name}`].filter((place) => place !== undefined).join(' or ');
  return `set ${places}${field === undefined ? '' : ` (${field.about})`}`;
}

function valueOf(env: Environment, variables: readonly string[]): string | undefined {
  return variables.map((name) => env[name]?.trim()).find((text) => text !== undefined && text !== '');
}

function checkValue(field: AccountField, text: string): string | undefined {
  if (field.pattern === undefined || new RegExp(`^(?:${field.pattern.source})$`, field.pattern.flags).test(text)) return undefined;
  return field.secret === true
    ? 'does not look like one; a line break or a quote may have slipped in'
    : `is not possible: ${nameOf(text)}; ${field.about}`;
}
