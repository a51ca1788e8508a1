// The generated parts of a provider's page: what its definition and the catalog say. The prose between them is written by hand.
import { accountFields, accountVariables } from '../src/config/account-fields.ts';
import { providerVariables } from '../src/config/env-connections.ts';
import type { OfferRecord } from '../src/catalog/records.ts';
import { failures } from '../src/core/errors.ts';
import type { ChatEndpoint, ProviderDefinition, TaskEndpoint, WireRules } from '../src/providers/provider.ts';
import { code, table } from './markdown.ts';
import { offerTable } from './offer-table.ts';

export interface PageSources {
  /** What the catalog knows of this provider. */
  readonly offers: readonly OfferRecord[];
  /** Name of a reshape → what it does, from the table in docs/providers.md. */
  readonly reshapes: ReadonlyMap<string, string>;
}

/** Headings of a page, in order; a test holds every page to a text of its own under each. */
const sections = [
  { heading: undefined, parts: ['facts'] },
  { heading: 'Set up', parts: ['account'] },
  { heading: 'What it serves', parts: ['serves', 'discovery'] },
  { heading: 'Models and prices', parts: ['models'] },
  { heading: 'What is changed on the way', parts: ['edits'] },
  { heading: 'Errors and retries', parts: ['errors'] },
  { heading: 'Known limits', parts: [] },
  { heading: 'Troubleshooting', parts: ['troubleshooting'] },
] as const;

/** A page with its marks and headings; the prose is still to be written. */
export function emptyPage(provider: ProviderDefinition): string {
  const body = sections.map(({ heading, parts }) =>
    [`${heading === undefined ? '#' : '##'} ${heading ?? provider.name}`, ...parts.map(mark)].join('\n\n'),
  );
  return `${body.join('\n\n')}\n`;
}

function mark(name: string): string {
  return `<!-- generated: ${name} -->\n<!-- end: ${name} -->`;
}

/** Name of a part → its text. */
export function pageParts(provider: ProviderDefinition, sources: PageSources): Readonly<Record<string, string>> {
  return {
    facts: facts(provider),
    account: account(provider),
    serves: serves(provider),
    discovery: discovery(provider),
    models: offerTable(provider, sources.offers),
    edits: edits(provider, sources.reshapes),
    errors: errors(provider),
    troubleshooting: troubleshooting(provider),
  };
}

function facts(provider: ProviderDefinition): string {
  const { apiKey, baseUrl } = providerVariables(provider);
  const bearer = provider.env?.bearerToken ?? [];
  const fillers = Object.entries(provider.env?.headers ?? {});
  const timeouts = Object.entries(provider.timeouts ?? {});
  const ours = provider.docs.startsWith('docs/');
  const rows = [
    ['id', code(provider.id)],
    ['documentation', ours ? `[its own page](../${provider.docs.replace('docs/', '')})` : `<${provider.docs}>`],
    ...(provider.builtIn === true
      ? [['address', 'built in']]
      : [
          ['key', list(apiKey) + (provider.keyless === true ? ' (optional)' : '')],
          ...(bearer.length === 0 ? [] : [['bearer token', list(bearer)]]),
          ['key is sent as', sentAs(provider)],
          ['default address', provider.baseUrl === undefined ? 'yours' : code(provider.baseUrl)],
          ...(provider.hostedBaseUrl === undefined ? [] : [['address with a key alone', code(provider.hostedBaseUrl)]]),
          ['another address', list(baseUrl)],
        ]),
    ...fillers.map(([header, variable]) => [`header ${code(header)}`, code(variable)]),
    ...Object.entries(provider.headers ?? {}).map(([header, value]) => [`header ${code(header)}`, `always ${code(value)}`]),
    [
      'model ids',
      provider.openEnded === true ? `any, with \`${provider.id}/\` in front; those of the catalog also alone` : 'those of the catalog',
    ],
    ...timeouts.map(([name, ms]) => [timeoutNames[name] ?? name, `${ms / 1000} s`]),
  ];
  return table(['setting', 'value'], rows);
}

const timeoutNames: Readonly<Record<string, string>> = {
  connectMs: 'waits for a connection',
  firstByteMs: 'waits for the first byte',
  idleMs: 'waits between bytes',
};

function sentAs({ auth }: ProviderDefinition): string {
  switch (auth.kind) {
    case 'bearer':
      return code('Authorization: Bearer');
    case 'header':
      return code(auth.prefix === undefined ? `${auth.name}: …` : `${auth.name}: ${auth.prefix}…`);
    case 'none':
      return 'none';
    case 'authorizer':
      return `${auth.keyHeader === undefined ? code('Authorization: Bearer') : code(`${auth.keyHeader}: …`)}; without a key calls carry a computed credential`;
  }
}

function account(provider: ProviderDefinition): string {
  const rows = accountFields(provider).map(([name, field]) => [
    code(name),
    list(accountVariables(provider, name)),
    field.default !== undefined ? code(field.default) : field.optional === true ? 'optional' : 'required',
    field.about,
  ]);
  if (rows.length === 0) return 'It has no account fields.';
  return `Account fields (under \`account:\` in \`mpc.yaml\`):\n\n${table(['field', 'variables', 'default', 'meaning'], rows)}`;
}

function serves(provider: ProviderDefinition): string {
  const rows = [
    ...provider.chat.map((endpoint) => ['chat', code(endpoint.dialect), paths(endpoint), when(endpoint)]),
    ...(provider.completions === undefined ? [] : [['completions', code('openai-completions'), code(provider.completions.path), '']]),
    ...Object.entries(provider.tasks ?? {}).flatMap(([task, endpoints]) =>
      endpoints.map((endpoint) => [taskNames[task] ?? task, code(endpoint.dialect), code(endpoint.path), when(endpoint)]),
    ),
    ...(provider.countTokens === undefined
      ? []
      : [['token counting', code(provider.countTokens.dialect ?? 'anthropic-messages'), code(provider.countTokens.path), '']]),
  ];
  if (rows.length === 0) return 'What it serves is declared by each connection.';
  return table(['work', 'dialect', 'path', 'used'], rows);
}

const taskNames: Readonly<Record<string, string>> = {
  embed: 'embeddings',
  rerank: 'rerank',
  moderate: 'moderation',
  image: 'images',
  'image-edit': 'image edits',
  speak: 'speech',
  transcribe: 'transcription',
  'translate-audio': 'audio translation',
};

function paths({ path, streamPath }: ChatEndpoint): string {
  return [path, ...(streamPath === undefined ? [] : [streamPath])].map(code).join(', streams ');
}

function when(endpoint: ChatEndpoint | TaskEndpoint): string {
  const facade = 'ownAddressOnly' in endpoint && endpoint.ownAddressOnly === true ? ['at its own address'] : [];
  const keeps = 'keepsAnswers' in endpoint && endpoint.keepsAnswers === true ? ['keeps answers for `previous_response_id`'] : [];
  const media = 'inlineMedia' in endpoint && endpoint.inlineMedia !== undefined ? ['pictures and files by address are fetched for it'] : [];
  const models = endpoint.models === undefined ? [] : [`models that match ${code(String(endpoint.models))}`];
  const needs = endpoint.needs === undefined || endpoint.needs.length === 0 ? [] : [`with ${list(endpoint.needs)}`];
  const root = 'fromRoot' in endpoint && endpoint.fromRoot === true ? ['counted from the root of the server'] : [];
  return [...facade, ...models, ...needs, ...root, ...keeps, ...media].join('; ');
}

function discovery(provider: ProviderDefinition): string {
  if (provider.builtIn === true) return 'Its models are built in.';
  if (provider.models === undefined) return 'It has no list of models that the gateway could ask for.';
  const asked = `Its list of models is \`GET ${provider.models.path}\``;
  return provider.openEnded === true
    ? `${asked}: asked in the background and when a name is unknown; what it lists is served and listed too. \`mpc doctor\` asks it as well.`
    : `${asked}; \`mpc doctor\` asks it to see whether address and key are right.`;
}

function edits(provider: ProviderDefinition, reshapes: ReadonlyMap<string, string>): string {
  const ends = [
    ...provider.chat.map((endpoint) => ({ title: `chat, ${code(endpoint.dialect)}`, rules: endpoint.rules })),
    ...Object.entries(provider.tasks ?? {}).flatMap(([task, endpoints]) =>
      endpoints.map((endpoint) => ({ title: `${taskNames[task] ?? task}, ${code(endpoint.dialect)}`, rules: endpoint.rules })),
    ),
    { title: 'token counting', rules: provider.countTokens?.rules },
  ];
  const groups = new Map<string, readonly string[]>();
  for (const { title, rules } of ends) {
    const lines = rules === undefined ? [] : editLines(rules, reshapes);
    if (lines.length > 0) groups.set(title, lines);
  }
  const usage = usageLines(provider);
  if (groups.size === 0 && usage.length === 0) return 'Nothing but the id of the model.';
  return [
    ...[...groups].map(([title, lines]) => `Of ${title}:\n\n${bullets(lines)}`),
    ...(usage.length === 0 ? [] : [`Of what it reports:\n\n${bullets(usage)}`]),
  ].join('\n\n');
}

function editLines(rules: WireRules, reshapes: ReadonlyMap<string, string>): string[] {
  return [
    ...Object.entries(rules.rename ?? {}).map(([from, to]) => `${code(from)} is sent as ${code(to)}`),
    ...((rules.drop ?? []).length === 0 ? [] : [`left out, with a warning: ${list(rules.drop ?? [])}`]),
    ...(rules.streamUsage === 'always' ? [`without ${code('stream_options')}: usage comes unasked`] : []),
    ...[...new Set((rules.reshapes ?? []).map(({ name }) => name))].map((name) => {
      const about = reshapes.get(name);
      if (about === undefined) throw new Error(`docs/providers.md does not explain the reshape ${name}`);
      return `*${name}*: ${about}`;
    }),
  ];
}

function usageLines({ usage }: ProviderDefinition): string[] {
  const outside = usage?.reasoningOutsideOutput;
  return [
    ...(outside === undefined || outside === false
      ? []
      : [`reasoning tokens are counted apart from the output${outside === true ? '' : ' by some models'}; the ledger adds them`]),
    ...(usage?.cost === undefined ? [] : ['the cost it states itself is kept in the ledger']),
  ];
}

function errors(provider: ProviderDefinition): string {
  const statuses = Object.entries(provider.errors?.statuses ?? {}).map(([status, name]) => [
    `status ${status}`,
    code(name),
    failures[name].help,
  ]);
  const codes = (provider.errors?.quotaCodes ?? []).map((name) => [
    `code ${code(name)}`,
    code('upstream_quota_exhausted'),
    failures.upstream_quota_exhausted.help,
  ]);
  const own = [...statuses, ...codes];
  const general = 'Statuses and codes become those of [errors](../errors.md).';
  return own.length === 0 ? `${general} It has none of its own.` : `${general} Its own:\n\n${table(['answer', 'becomes', 'meaning'], own)}`;
}

function troubleshooting(provider: ProviderDefinition): string {
  if (provider.builtIn === true) return 'It needs no key and no network.';
  const { apiKey, baseUrl } = providerVariables(provider);
  const required = accountFields(provider).filter(([, field]) => field.optional !== true && field.default === undefined);
  const signIn = provider.auth.kind === 'authorizer' ? '; or the account fields of its sign-in' : '';
  const rows = [
    ...(provider.keyless === true
      ? []
      : [[`${provider.id} has no key`, `set ${code(apiKey[0] ?? '')}, or \`api_key\` in \`mpc.yaml\`${signIn}`]]),
    ...(provider.baseUrl === undefined
      ? [[`${provider.id} has no address`, `set ${code(baseUrl[0] ?? '')}, or \`base_url\` in \`mpc.yaml\``]]
      : []),
    ...required.map(([name, field]) => [
      `${provider.id} has no ${name}`,
      `set ${list(accountVariables(provider, name))}, or \`account.${name}\`: ${field.about}`,
    ]),
    ['`upstream_auth_failed`', 'the key is wrong, expired or may not do this; `mpc doctor` tries it'],
    ['`upstream_quota_exhausted`', 'the account has no credit left: top it up, or give another connection'],
    ['`upstream_not_found`', 'the provider does not know the model under this id, or this account may not see it'],
    ['`upstream_unreachable`', `the address or the way to it: ${code(baseUrl[0] ?? '')}, the proxy variables, a firewall`],
  ];
  return table(['message', 'what to do'], rows);
}

function list(names: readonly string[]): string {
  return [...new Set(names)].map(code).join(', ');
}

function bullets(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join('\n');
}
