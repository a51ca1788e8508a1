// Every provider has a page, every page a provider, and what no table can say stands on it in words.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { providers } from '../../src/providers/index.ts';

const folder = join(import.meta.dirname, '../../docs/providers');

it('pages and providers are the same', () => {
  expect(readdirSync(folder).sort()).toEqual(providers.map(({ id }) => `${id}.md`).sort());
});

it('the overview links to every page', () => {
  const overview = readFileSync(join(folder, '../providers.md'), 'utf8');

  expect(providers.filter(({ id }) => !overview.includes(`(providers/${id}.md)`))).toEqual([]);
});

describe.each(providers)('docs/providers/$id.md', ({ id, name, builtIn }) => {
  const page = readFileSync(join(folder, `${id}.md`), 'utf8');
  const sections = page.split(/^##? /m).slice(1);

  it.each([name, 'Set up', 'Errors and retries', 'Known limits', 'Troubleshooting'])('has words of its own under "%s"', (heading) => {
    const section = sections.find((text) => text.startsWith(`${heading}\n`)) ?? '';
    const written = section.slice(heading.length).replaceAll(/<!-- generated: (\S+) -->[\s\S]*?<!-- end: \1 -->/g, '');

    expect(written.trim()).not.toBe('');
  });

  it('shows an mpc.yaml of this provider', () => {
    const yaml = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '';

    expect(yaml).toMatch(builtIn === true ? /^\S+:$/m : new RegExp(`^  ${id}:$|provider: ${id}$`, 'm'));
  });
});
