// The laws every provider definition keeps. What an upstream really accepts is tested against scripted upstreams elsewhere.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
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

    expect(source.trimEnd().split('\n').length).toBeLessThanOrEqual(40);
    expect(source.startsWith('// ')).toBe(true);
  });

  it('says where its API is documented', () => {
    expect(provider.docs).toMatch(provider.builtIn === true ? /^docs\/.+\.md$/ : /^https:\/\/.+\..+/);
  });

  it('is reached over TLS, except one’s own server', () => {
    if (provider.baseUrl === undefined) return expect(provider.keyless).toBe(true);
    const url = new URL(provider.baseUrl);
    if (provider.keyless !== true) expect(url.protocol).toBe('https:');
    expect(provider.baseUrl.endsWith('/')).toBe(false);
    expect(url.search + url.hash).toBe('');
  });

  it('has a chat endpoint, one for a dialect, and the preferred one is always there', () => {
    expect(provider.chat.length).toBeGreaterThan(0);
    expect(provider.chat[0]?.ownAddressOnly).toBeUndefined();
    const dialects = provider.chat.map(({ dialect }) => dialect);
    expect(dialects).toEqual([...new Set(dialects)]);
  });

  it('has paths that begin with a slash and do not end with one', () => {
    for (const { path } of endpoints) expect(path).toMatch(/^\/.*[^/]$/);
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
