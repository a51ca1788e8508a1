// The laws every provider definition keeps. What an upstream really accepts is tested against scripted upstreams elsewhere.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { templateFields } from '../../src/providers/fill-template.ts';
import { findProvider, providers } from '../../src/providers/index.ts';
import type { ChatEndpoint, PlainEndpoint, ProviderDefinition } from '../../src/providers/provider.ts';

const folder = join(import.meta.dirname, '../../src/providers');
const files = readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
const sourceOf = (provider: ProviderDefinition) => readFileSync(join(folder, `${provider.id}.ts`), 'utf8');

describe('the list of providers', () => {
  it('is alphabetical, without repeats', () => {
    const ids = providers.map(({ id }) => id);

    expect(ids).toEqual([...new Set(ids)].sort());
  });

  it('holds every file that defines one', () => {
    const defining = files.filter((name) => readFileSync(join(folder, name), 'utf8').includes('defineProvider({'));

    expect(defining.sort()).toEqual(providers.map(({ id }) => `${id}.ts`).sort());
  });

  it('has no variable that enables two providers', () => {
    const variables = providers.flatMap((provider) => [
      `${provider.id.toUpperCase().replaceAll('-', '_')}_API_KEY`,
      ...(provider.env?.apiKey ?? []),
      ...(provider.env?.bearerToken ?? []),
      ...(provider.env?.baseUrl ?? []),
    ]);

    expect(variables).toEqual([...new Set(variables)]);
  });
});

describe.each(providers.map((provider) => [provider.id, provider] as const))('%s', (id, provider) => {
  const endpoints: readonly PlainEndpoint[] = [
    ...provider.chat,
    ...[provider.completions, provider.tasks?.embed?.[0], provider.countTokens, provider.models].filter(
      (endpoint) => endpoint !== undefined,
    ),
  ];

  it('has an id that variables follow from, and is found by it', () => {
    expect(id).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
    expect(findProvider(id)).toBe(provider);
  });

  it('fits on a page: forty lines at most, with a line that says what is special about it', () => {
    const source = sourceOf(provider);

    // Those with an account of their own kind or another grammar have more to say.
    const isCompatible =
      provider.account === undefined && provider.chat.length > 0 && provider.chat.every(({ dialect }) => dialect.startsWith('openai-'));
    if (isCompatible) expect(source.trimEnd().split('\n').length).toBeLessThanOrEqual(40);
    expect(source.startsWith('// ')).toBe(true);
  });

  it('says where its API is documented', () => {
    expect(provider.docs).toMatch(provider.builtIn === true ? /^docs\/.+\.md$/ : /^https:\/\/.+\..+/);
  });

  it('is reached over TLS, except one’s own server', () => {
    if (provider.baseUrl === undefined) return expect(provider.keyless).toBe(true);
    const url = new URL(provider.baseUrl.replaceAll(/\{[a-z_]+\}/g, 'field'));
    if (provider.keyless !== true) expect(url.protocol).toBe('https:');
    expect(provider.baseUrl.endsWith('/')).toBe(false);
    expect(url.search + url.hash).toBe('');
  });

  it('has an endpoint, one for a dialect of chat, and the preferred one is always there', () => {
    const declared = provider.chat.length + Object.keys(provider.tasks ?? {}).length;
    expect(declared > 0).toBe(provider.templated !== true);
    expect(provider.chat[0]?.ownAddressOnly).toBeUndefined();
    // A second one in the same dialect is for other models, or for accounts that need it.
    const dialects = provider.chat.map(({ dialect, models, needs }) => [dialect, models?.source ?? '', needs?.join() ?? ''].join(' '));
    expect(dialects).toEqual([...new Set(dialects)]);
  });

  it('has paths that begin with a slash and do not end with one', () => {
    for (const { path } of endpoints) expect(path).toMatch(/^\/.*[^/]$/);
  });

  it('fills templates from account fields that it declares', () => {
    const templates = [
      provider.baseUrl ?? '',
      ...endpoints.map(({ path }) => path),
      ...provider.chat.map(({ streamPath }) => streamPath ?? ''),
    ];
    for (const field of templates.flatMap(templateFields).filter((name) => name !== 'model')) {
      expect(Object.keys(provider.account ?? {}), field).toContain(field);
    }
    for (const { needs } of endpoints) for (const field of needs ?? []) expect(Object.keys(provider.account ?? {})).toContain(field);
  });

  it('explains its account fields, in names and variables that the configuration can read', () => {
    for (const [name, field] of Object.entries(provider.account ?? {})) {
      expect(name).toMatch(/^[a-z]+(_[a-z]+)*$/);
      expect(field.about.length).toBeGreaterThan(10);
      for (const variable of field.env ?? []) expect(variable).toMatch(/^[A-Z][A-Z0-9_]*$/);
      if (field.default !== undefined && field.pattern !== undefined) expect(field.default).toMatch(field.pattern);
    }
  });

  it('reads variables in capitals', () => {
    const names = [...(provider.env?.apiKey ?? []), ...(provider.env?.baseUrl ?? []), ...Object.values(provider.env?.headers ?? {})];

    for (const name of names) expect(name).toMatch(/^[A-Z][A-Z0-9_]*$/);
  });

  it('has lower-case header names', () => {
    const names = [...Object.keys(provider.headers ?? {}), ...Object.keys(provider.env?.headers ?? {})];

    for (const name of names) expect(name).toBe(name.toLowerCase());
  });

  it('waits long for the first byte of one’s own server, which may load a model first', () => {
    if (provider.keyless === true && provider.builtIn !== true && provider.resells !== true && provider.baseUrl !== undefined) {
      expect(provider.timeouts?.firstByteMs).toBeGreaterThanOrEqual(600_000);
    }
  });

  it('does not rename a member to one that it drops, nor back', () => {
    for (const { rules } of endpoints as readonly ChatEndpoint[]) {
      for (const [from, to] of Object.entries(rules?.rename ?? {})) {
        expect(rules?.drop ?? []).not.toContain(from);
        expect(rules?.drop ?? []).not.toContain(to);
        expect(rules?.rename).not.toHaveProperty(to);
      }
    }
  });

  it('never touches the members that carry the conversation', () => {
    for (const { rules } of endpoints) {
      for (const member of ['model', 'messages', 'stream', 'input', 'prompt', 'system']) {
        expect(rules?.drop ?? []).not.toContain(member);
        expect(rules?.rename ?? {}).not.toHaveProperty(member);
      }
    }
  });

  it('has reshapes with a name, members and a cheap test', () => {
    for (const { rules } of endpoints) {
      for (const reshape of rules?.reshapes ?? []) {
        expect(reshape.name).toMatch(/^[a-z-]+$/);
        expect(reshape.members.length).toBeGreaterThan(0);
        // The needles are searched in bytes as latin1: anything but ASCII would never be found.
        const { when } = reshape;
        const needles = typeof when === 'string' ? [] : 'map' in when ? when : when.keys;
        for (const needle of needles) expect(needle).toMatch(/^[\x20-\x7e]+$/);
      }
    }
  });
});

it('costs one file and its lines in the list: nothing else in the sources names a provider’s file', () => {
  const sources = readdirSync(join(folder, '..'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const own = new Set(providers.map(({ id }) => `providers/${id}.ts`));
  const importers = sources
    .filter((name) => !name.endsWith('.test.ts') && name !== 'providers/index.ts')
    .flatMap((name) => {
      const targets = [...readFileSync(join(folder, '..', name), 'utf8').matchAll(/from '(\.[^']+)'/g)].map((match) =>
        join(name, '..', match[1] ?? ''),
      );
      return targets.filter((target) => own.has(target)).map((target) => `${name} → ${target}`);
    });
  const list = readFileSync(join(folder, 'index.ts'), 'utf8');

  expect(importers).toEqual([]);
  // The import, and the entry of the list.
  for (const { id } of providers) expect(list.split('\n').filter((line) => line.includes(`'./${id}.ts'`))).toHaveLength(1);
});
