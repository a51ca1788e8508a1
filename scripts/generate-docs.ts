// Writes the generated parts of docs/ from the tables in the code, between markers; the prose around them is written by hand.
// `--check` writes nothing and fails when a page is behind the code.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { cases } from '../bench/cases/index.ts';
import { caseTable, replaceSection } from '../bench/report/write-docs.ts';
import { compileCatalog } from '../src/catalog/compile-catalog.ts';
import type { ModelRecord, OfferRecord } from '../src/catalog/records.ts';
import { createProgram } from '../src/cli/program.ts';
import { accountFields, accountVariables } from '../src/config/account-fields.ts';
import { adapterMember, connectionMembers, timeoutMembers } from '../src/config/file-connections.ts';
import { providerVariables } from '../src/config/env-connections.ts';
import { type Field, variablesOf } from '../src/config/field.ts';
import { fields } from '../src/config/fields.ts';
import { type Failure, failures } from '../src/core/errors.ts';
import { operations } from '../src/server/client-api/operations.ts';
import { providers } from '../src/providers/index.ts';
import type { ProviderDefinition, WireRules } from '../src/providers/provider.ts';
import { code, fill, type Part, table } from './markdown.ts';
import { emptyPage, pageParts } from './provider-page.ts';

const docs = join(import.meta.dirname, '../docs');
const check = process.argv.includes('--check');

const parts: readonly Part[] = [
  { page: 'errors.md', name: 'errors', text: errorsTable() },
  { page: 'configuration.md', name: 'settings', text: settingsTable() },
  { page: 'configuration.md', name: 'connection-members', text: connectionMembersList() },
  { page: 'providers.md', name: 'providers', text: providersTable() },
  { page: 'providers.md', name: 'accounts', text: accountsTable() },
  { page: 'providers.md', name: 'edits', text: editsTable() },
  { page: 'api.md', name: 'routes', text: routesTable() },
  { page: 'cli.md', name: 'commands', text: commandsText() },
];

const behind: string[] = [];
for (const page of new Set(parts.map((part) => part.page))) {
  rewrite(page, (before) => parts.filter((part) => part.page === page).reduce((text, part) => fill(text, part), before));
}
const catalogued = offersByProvider();
const meanings = reshapeMeanings();
for (const provider of providers) {
  const page = `providers/${provider.id}.md`;
  const made = pageParts(provider, { offers: catalogued.get(provider.id) ?? [], reshapes: meanings });
  rewrite(page, (before) =>
    Object.entries(made).reduce(
      (text, [name, part]) => fill(text, { page, name, text: part }),
      before === '' ? emptyPage(provider) : before,
    ),
  );
}
rewrite('benchmarks.md', (before) => replaceSection(before, { section: 'cases', text: caseTable(cases) }));
if (behind.length > 0)
  process.stdout.write(`${check ? 'behind the code' : 'written'}: ${behind.map((page) => `docs/${page}`).join(', ')}\n`);
if (check && behind.length > 0) {
  process.stdout.write('run: node scripts/generate-docs.ts\n');
  process.exitCode = 1;
}

function rewrite(page: string, change: (text: string) => string): void {
  const path = join(docs, page);
  const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const after = change(before);
  if (after === before) return;
  behind.push(page);
  if (check) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, after);
}

/** Each with the limits of its model where it has none of its own. */
function offersByProvider(): ReadonlyMap<string, readonly OfferRecord[]> {
  const { models, offers: all } = compileCatalog(join(import.meta.dirname, '../data'));
  const filled = all.map((offer) => ({ ...limitsOf(models[offer.model]), ...offer }));
  return Map.groupBy(filled, ({ provider }) => provider);
}

function limitsOf(model: ModelRecord | undefined): Pick<OfferRecord, 'context' | 'max_output'> {
  return {
    ...(model?.context !== undefined && { context: model.context }),
    ...(model?.max_output !== undefined && { max_output: model.max_output }),
  };
}

/** The table of reshapes is written by hand, once, in the overview; the pages repeat what it says. */
function reshapeMeanings(): ReadonlyMap<string, string> {
  const overview = readFileSync(join(docs, 'providers.md'), 'utf8');
  const rows = [...overview.matchAll(/^\| ([a-z][a-z, -]+) \| ([^|]+) \|$/gm)];
  return new Map(rows.flatMap(([, names = '', meaning = '']) => names.split(', ').map((name) => [name, meaning] as const)));
}

function errorsTable(): string {
  const again = { never: 'answered as it is', next: 'next candidate', again: 'same upstream again, then the next' } as const;
  const rows = Object.entries(failures as Readonly<Record<string, Failure>>).map(([name, failure]) => [
    code(name),
    String(failure.status),
    failure.help,
    again[failure.retry],
    code(failure.openai),
    code(failure.anthropic),
  ]);
  return table(['code', 'status', 'meaning and what to do', 'before content was sent', 'OpenAI `type`', 'Anthropic `type`'], rows);
}

function settingsTable(): string {
  const rows = fields.map((field) => [
    code(field.path),
    defaultOf(field),
    [...variablesOf(field).map(code), ...(field.flag === undefined ? [] : [code(`--${field.flag}`)])].join(', '),
    field.help + rangeOf(field),
  ]);
  return table(['setting', 'default', 'variable, flag', 'meaning'], rows);
}

function defaultOf(field: Field): string {
  if (field.default === undefined || (Array.isArray(field.default) && field.default.length === 0)) return '–';
  return code(String(field.default));
}

function rangeOf(field: Field): string {
  if (field.kind === 'choice') return ` One of ${field.choices.map(code).join(', ')}.`;
  return field.kind === 'integer' || field.kind === 'number' ? ` ${field.min} to ${field.max}.` : '';
}

function connectionMembersList(): string {
  return `Members: ${connectionMembers.map(code).join(', ')}; under \`providers\` also ${code(adapterMember)}; in \`timeouts\`: ${timeoutMembers.map(code).join(', ')}.`;
}

function providersTable(): string {
  const rows = providers.map((provider) => {
    const { apiKey, baseUrl } = providerVariables(provider);
    const bearer = provider.env?.bearerToken ?? [];
    const headers = Object.values(provider.env?.headers ?? {});
    return [
      `[${provider.name}](providers/${provider.id}.md)`,
      code(provider.id),
      provider.builtIn === true
        ? 'none needed'
        : [...apiKey, ...bearer].map(code).join(', ') + (provider.keyless === true ? ' (optional)' : ''),
      provider.builtIn === true ? '–' : baseUrl.map(code).join(', '),
      provider.builtIn === true ? 'built in' : provider.baseUrl === undefined ? 'yours' : code(provider.baseUrl),
      [...offers(provider), ...headers.map((name) => `reads ${code(name)}`)].join('; '),
    ];
  });
  return table(['provider', 'id', 'key', 'address', 'default address', 'serves'], rows);
}

function offers(provider: ProviderDefinition): string[] {
  const chat = provider.chat.map(({ dialect, ownAddressOnly }) => `${dialect}${ownAddressOnly === true ? ' (at its own address)' : ''}`);
  return [
    ...(chat.length === 0 ? [] : [`chat: ${[...new Set(chat)].join(', ')}`]),
    ...(provider.completions === undefined ? [] : ['completions']),
    ...Object.entries(provider.tasks ?? {}).map(
      ([task, endpoints]) => `${task}: ${[...new Set(endpoints.map(({ dialect }) => dialect))].join(', ')}`,
    ),
    ...(provider.openEnded === true ? ['any model id'] : []),
  ];
}

function accountsTable(): string {
  const rows = providers.flatMap((provider) =>
    accountFields(provider).map(([name, field]) => [
      code(provider.id),
      code(name),
      accountVariables(provider, name).map(code).join(', '),
      field.default !== undefined ? code(field.default) : field.optional === true ? 'optional' : 'required',
      field.about,
    ]),
  );
  return table(['provider', 'field', 'variables', 'default', 'meaning'], rows);
}

function editsTable(): string {
  const rows = providers.flatMap((provider) =>
    provider.chat.flatMap(({ dialect, rules }) => {
      const edits = rules === undefined ? [] : describeRules(rules);
      return edits.length === 0 ? [] : [[code(provider.id), dialect, edits.join('; ')]];
    }),
  );
  return table(['provider', 'dialect', 'edits'], rows);
}

function describeRules(rules: WireRules): string[] {
  const renames = Object.entries(rules.rename ?? {}).map(([from, to]) => `${code(from)} → ${code(to)}`);
  const drops = rules.drop ?? [];
  const reshapes = (rules.reshapes ?? []).map(({ name }) => name);
  return [
    ...renames,
    ...(drops.length === 0 ? [] : [`without ${drops.map(code).join(', ')}`]),
    ...(rules.streamUsage === 'always' ? [`without ${code('stream_options')} (usage comes unasked)`] : []),
    ...(reshapes.length === 0 ? [] : [`reshaped: ${[...new Set(reshapes)].join(', ')}`]),
  ];
}

/** An integration test holds this table of operations and the route table together. */
function routesTable(): string {
  const rows = Object.entries(operations).map(([route, operation]) => [code(route.replaceAll('+}', '}')), String(operation['summary'])]);
  return table(['route', 'answers'], rows);
}

/** What `--help` says, so that the page cannot know other options than the program. */
function commandsText(): string {
  const program = createProgram();
  const sections = program.commands.filter((command) => command.name() !== 'help').flatMap((command) => helpSections(command, 'mpc'));
  return [helpSection(program, 'mpc'), ...sections].join('\n\n');
}

function helpSections(command: Command, parent: string): string[] {
  const name = `${parent} ${command.name()}`;
  return [helpSection(command, name), ...command.commands.flatMap((child) => helpSections(child, name))];
}

function helpSection(command: Command, name: string): string {
  command.configureOutput({ getOutHelpWidth: () => 110, getOutHasColors: () => false });
  return `### \`${name}\`\n\n\`\`\`text\n${command.helpInformation().trim()}\n\`\`\``;
}
