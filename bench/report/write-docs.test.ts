import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { cases } from '../cases/index.ts';
import { caseTable, writeDocs } from './write-docs.ts';

const docs = join(import.meta.dirname, '..', '..', 'docs', 'benchmarks.md');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bench-docs-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('finds the documentation in step with the cases', () => {
  expect(readFileSync(docs, 'utf8')).toContain(caseTable(cases));
});

it('replaces what lies between the marks and nothing else, as often as it is called', () => {
  const page = join(folder, 'page.md');
  copyFileSync(docs, page);

  writeDocs(page, { cases: 'cases of run A', results: 'results of run A' });
  const once = readFileSync(page, 'utf8');
  writeDocs(page, { cases: 'cases of run B', results: 'results of run B' });
  const twice = readFileSync(page, 'utf8');

  expect(twice).toBe(once.replaceAll('run A', 'run B'));
  expect(once).not.toContain(caseTable(cases));
  expect(once.split('<!--')[0]).toBe(readFileSync(docs, 'utf8').split('<!--')[0]);
});

it('leaves the sections alone that it is not given', () => {
  const page = join(folder, 'page.md');
  copyFileSync(docs, page);

  writeDocs(page, { gateways: 'gateways of run A' });

  const written = readFileSync(page, 'utf8');
  expect(written).toContain('gateways of run A');
  expect(written).toContain(caseTable(cases));
  expect(written.split('## Other gateways')[0]).toBe(readFileSync(docs, 'utf8').split('## Other gateways')[0]);
});

it('refuses a page without marks instead of guessing a place', () => {
  const page = join(folder, 'page.md');
  writeFileSync(page, '# Benchmarks\n');

  expect(() => writeDocs(page, { cases: 'cases', results: 'results' })).toThrow('lost its marks');
});
