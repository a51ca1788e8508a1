import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createCatalog } from '../catalog/create-catalog.ts';
import { realCompiled } from '../catalog/sample-catalog.ts';
import { defaultTask, inferTask } from './infer-task.ts';

it.each([
  ['Write a Python function that parses ISO dates and fix the bug in the loop', 'code'],
  ['```ts\nconst x = 1\n```\nwhy does this throw?', 'code'],
  ['Translate the following paragraph into German: Good morning.', 'translation'],
  ['Please summarize this article in three sentences.', 'summarization'],
  ['Classify the sentiment of each review as positive or negative', 'classification'],
  ['Extract all invoice numbers and amounts from this text', 'extraction'],
  ['Rewrite the user question as a standalone question for search', 'rag_rewrite'],
  ['Explain tariff B2 at 0.24 EUR per kWh in two lines', 'tariff_compliance'],
  ['Solve step by step: how many ways can 5 people sit in a row?', 'reasoning'],
  ['Analyze the quarterly figures and compare EMEA with APAC', 'analysis'],
  ['Draft an email that invites the team to lunch', 'drafting'],
  ['Hello! How are you?', 'chat_general'],
  ['', 'chat_general'],
])('%j is %s', (text, task) => {
  expect(inferTask(text).task).toBe(task);
});

it('quotes what it went by', () => {
  expect(inferTask('Please translate this').because).toEqual(['"translate"']);
});

it('does not guess when the signs disagree', () => {
  const mixed = inferTask('Translate it, summarize it, classify it, extract the names and analyze the rest.');

  expect(mixed.task).toBe(defaultTask);
  expect(mixed.because[0]).toContain('disagree');
});

it('reads the end of a long text, where the question often is', () => {
  expect(inferTask(`${'lorem ipsum '.repeat(10_000)}\nTranslate this into French.`).task).toBe('translation');
});

it('only ever answers tasks the catalog knows, with a confidence between 0 and 1', () => {
  const { tasks } = createCatalog(realCompiled());
  const words = [
    'translate',
    'summary',
    'bug',
    'python',
    'tariff',
    'analyze',
    'draft',
    'email',
    'solve',
    'overlay',
    'video',
    'latest',
    'news',
    'logo',
    'layout spec',
  ];
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constantFrom(...words), fc.string())), (parts) => {
      const { task, confidence, because } = inferTask(parts.join(' '));
      expect(tasks.has(task)).toBe(true);
      expect(confidence >= 0 && confidence <= 1).toBe(true);
      expect(because.length).toBeGreaterThan(0);
    }),
  );
});
