import { appendFileSync, closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../../../test/support/temp-dir.ts';
import type { OpenHold } from '../../ledger/budgets/hold-journal.ts';
import { createHoldJournals } from './hold-journals.ts';

const hold = (operationId: string): OpenHold => ({
  operationId,
  principal: 'key:ä"\n',
  model: 'm',
  provider: 'p',
  openedMs: 5,
  amounts: [
    [1, 100],
    [2, 200],
  ],
});

describe('the journal of holds', () => {
  it('is read as it was written, by another process too', () => {
    const dataDir = tempDir('journal');
    const journal = createHoldJournals(dataDir).create('proc_a');
    journal.opened(hold('req_1'));
    journal.flush(1, [{ operationId: 'req_1', costs: [[1, 7]] }]);

    expect(createHoldJournals(dataDir).read('proc_a')).toEqual([
      { kind: 'opened', operation: hold('req_1') },
      { kind: 'flush', number: 1, settled: [{ operationId: 'req_1', costs: [[1, 7]] }] },
    ]);
  });

  it('loses only the line that the crash cut short, at whatever byte', () => {
    const dataDir = tempDir('journal');
    const journals = createHoldJournals(dataDir);
    const journal = journals.create('proc_a');
    journal.opened(hold('req_1'));
    const whole = readFileSync(join(dataDir, 'holds/proc_a.jsonl'));

    for (let cut = 0; cut < whole.length - 1; cut += 1) {
      const name = `proc_${cut}`;
      appendFileSync(join(dataDir, `holds/${name}.jsonl`), whole.subarray(0, cut));
      journals.create(name).opened(hold('req_2'));

      expect(journals.read(name)).toEqual([{ kind: 'opened', operation: hold('req_2') }]);
    }
  });

  it('keeps what was settled after a line that a full disk cut short', () => {
    const dataDir = tempDir('journal');
    const journal = createHoldJournals(dataDir).create('proc_a');
    journal.opened(hold('req_1'));
    appendFileSync(join(dataDir, 'holds/proc_a.jsonl'), '{"f":1,"s":[["req_');

    journal.flush(1, [{ operationId: 'req_1', costs: [[1, 7]] }]);

    expect(createHoldJournals(dataDir).read('proc_a').at(-1)).toEqual({
      kind: 'flush',
      number: 1,
      settled: [{ operationId: 'req_1', costs: [[1, 7]] }],
    });
  });

  it('keeps the open holds when it is compacted, and goes on after them', () => {
    const dataDir = tempDir('journal');
    const journals = createHoldJournals(dataDir);
    const journal = journals.create('proc_a');
    for (let i = 0; i < 1_000; i += 1) journal.opened(hold(`req_${i}`));
    const before = journal.size();

    journal.compact([hold('req_7')]);
    journal.opened(hold('req_new'));

    expect(before).toBeGreaterThan(50_000);
    expect(journal.size()).toBeLessThan(500);
    expect(journals.read('proc_a').map((record) => (record.kind === 'opened' ? record.operation.operationId : ''))).toEqual([
      'req_7',
      'req_new',
    ]);
    journal.remove();
    expect(journals.read('proc_a')).toEqual([]);
  });

  it('takes no record once it is removed: its file number may be another file by then', () => {
    const dataDir = tempDir('journal');
    const journal = createHoldJournals(dataDir).create('proc_a');
    journal.remove();
    const other = openSync(join(dataDir, 'other'), 'a');

    expect(() => journal.opened(hold('req_late'))).toThrow('closed');
    journal.remove();

    expect(writeSync(other, 'still open')).toBe(10);
    closeSync(other);
    expect(readFileSync(join(dataDir, 'other'), 'utf8')).toBe('still open');
  });
});
