import { describe, expect, it } from 'vitest';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { sampleEntry } from '../../test/support/sample-entry.ts';
import type { Entry } from './entry.ts';
import type { Batch, DecisionRecord, EntryStore } from './entry-store.ts';
import { createEntryWriter, type WriterTrouble } from './entry-writer.ts';

interface Kept {
  readonly entries: readonly Entry[];
  readonly decisions: readonly DecisionRecord[];
}

const keptOf = ({ entries, decisions }: Batch): Kept => ({ entries: entries.toEntries(), decisions });

/** The edge: a store and a disk that can be switched off. */
function breakableStore() {
  const saved = new Map<string, Entry>();
  const decisions: DecisionRecord[] = [];
  const batches: number[] = [];
  const aside: Kept[] = [];
  const state = { storeWorks: true, diskWorks: true };
  const keep = (batch: Kept): void => {
    for (const entry of batch.entries) saved.set(entry.id, entry);
    decisions.push(...batch.decisions);
  };
  const store: EntryStore = {
    save(batch) {
      if (!state.storeWorks) throw new Error('database is locked');
      batches.push(batch.entries.length);
      keep(keptOf(batch));
    },
    setAside(batch) {
      if (!state.diskWorks) throw new Error('no space left on device');
      aside.push(keptOf(batch));
    },
    recover() {
      if (!state.storeWorks) throw new Error('database is locked');
      const found = aside.splice(0);
      found.forEach(keep);
      return found.reduce((sum, batch) => sum + batch.entries.length, 0);
    },
  };
  return { store, state, saved, decisions, batches, aside };
}

const entries = (count: number, from = 0): Entry[] =>
  Array.from({ length: count }, (_, index) => sampleEntry({ id: `req_${from + index}` }));

describe('createEntryWriter', () => {
  it('saves an entry 50 ms after it was written, not before', async () => {
    const clock = fakeClock();
    const { store, saved } = breakableStore();
    const writer = createEntryWriter({ store, clock });

    writer.write(sampleEntry({ id: 'req_0' }));
    await clock.advanceAsync(49);
    expect(saved.size).toBe(0);
    expect(writer.pending()).toBe(1);
    await clock.advanceAsync(1);

    expect([...saved.keys()]).toEqual(['req_0']);
    expect(writer.pending()).toBe(0);
  });

  it('does not wait longer because more entries keep coming', async () => {
    const clock = fakeClock();
    const { store, saved } = breakableStore();
    const writer = createEntryWriter({ store, clock });

    for (let i = 0; i < 6; i += 1) {
      writer.write(sampleEntry({ id: `req_${i}` }));
      await clock.advanceAsync(10);
    }

    expect(saved.has('req_0')).toBe(true);
  });

  it('saves at once when a batch is full, in batches of the given size', async () => {
    const clock = fakeClock();
    const { store, batches } = breakableStore();
    const writer = createEntryWriter({ store, clock, maxBatch: 100 });

    for (const entry of entries(250)) writer.write(entry);
    await clock.advanceAsync(0);

    expect(batches).toEqual([100, 100, 50]);
  });

  it('has everything saved when flush resolves', async () => {
    const { store, saved } = breakableStore();
    const writer = createEntryWriter({ store, clock: fakeClock() });

    for (const entry of entries(7)) writer.write(entry);
    await writer.flush();

    expect(saved.size).toBe(7);
  });

  it('leaves no timer behind when closed', async () => {
    const clock = fakeClock();
    const { store, state } = breakableStore();
    const writer = createEntryWriter({ store, clock });
    state.storeWorks = false;

    for (const entry of entries(3)) writer.write(entry);
    await writer.close();

    expect(clock.pendingTimers()).toBe(0);
  });

  it('loses nothing when the store fails for a while: sets aside, then recovers', async () => {
    const clock = fakeClock();
    const { store, state, saved, aside } = breakableStore();
    const troubles: WriterTrouble[] = [];
    const writer = createEntryWriter({ store, clock, onTrouble: (trouble) => troubles.push(trouble) });

    state.storeWorks = false;
    for (const entry of entries(3)) writer.write(entry);
    await clock.advanceAsync(50);
    expect(aside).toHaveLength(1);
    for (const entry of entries(2, 3)) writer.write(entry);
    await clock.advanceAsync(700);
    expect(saved.size).toBe(0);
    state.storeWorks = true;
    await clock.advanceAsync(5_000);

    expect([...saved.keys()].toSorted()).toEqual(['req_0', 'req_1', 'req_2', 'req_3', 'req_4']);
    expect(troubles.filter((trouble) => trouble.kind === 'lost')).toEqual([]);
    expect(troubles.at(-1)).toEqual({ kind: 'recovered', entries: 5 });
  });

  it('holds entries in memory when the disk refuses as well, and saves them later', async () => {
    const clock = fakeClock();
    const { store, state, saved } = breakableStore();
    const writer = createEntryWriter({ store, clock });

    state.storeWorks = false;
    state.diskWorks = false;
    for (const entry of entries(3)) writer.write(entry);
    await clock.advanceAsync(1_000);
    expect(writer.pending()).toBe(3);
    state.storeWorks = true;
    await clock.advanceAsync(10_000);

    expect(saved.size).toBe(3);
  });

  it('drops the oldest entries beyond its bound and says how many', async () => {
    const clock = fakeClock();
    const { store, state, saved } = breakableStore();
    const troubles: WriterTrouble[] = [];
    const writer = createEntryWriter({ store, clock, maxQueued: 4, onTrouble: (trouble) => troubles.push(trouble) });

    state.storeWorks = false;
    state.diskWorks = false;
    for (const entry of entries(6)) writer.write(entry);
    await clock.advanceAsync(50);
    state.storeWorks = true;
    await clock.advanceAsync(10_000);

    expect(troubles).toContainEqual({ kind: 'lost', entries: 2 });
    expect([...saved.keys()]).toEqual(['req_2', 'req_3', 'req_4', 'req_5']);
  });

  it('says how many entries are lost when it ends while nothing takes them', async () => {
    const { store, state } = breakableStore();
    const troubles: WriterTrouble[] = [];
    const writer = createEntryWriter({ store, clock: fakeClock(), onTrouble: (trouble) => troubles.push(trouble) });
    Object.assign(state, { storeWorks: false, diskWorks: false });
    for (const entry of entries(3)) writer.write(entry);

    await writer.close();

    expect(troubles.at(-1)).toEqual({ kind: 'lost', entries: 3 });
  });

  it('brings home at its start what an earlier process set aside', async () => {
    const { store, saved, aside } = breakableStore();
    aside.push({ entries: entries(2), decisions: [] });

    await createEntryWriter({ store, clock: fakeClock() }).flush();

    expect(saved.size).toBe(2);
  });

  it('keeps the entries of a batch whose decision cannot be spelled out', async () => {
    const { store, saved, decisions } = breakableStore();
    const writer = createEntryWriter({ store, clock: fakeClock() });

    writer.write(sampleEntry({ id: 'req_0' }));
    writer.saveDecision('dec_a', () => {
      throw new Error('cyclic');
    });
    await writer.flush();

    expect(saved.size).toBe(1);
    expect(decisions[0]?.json).toContain('could not be written');
  });

  it('saves a decision once and spells it out only then', async () => {
    const clock = fakeClock();
    const { store, decisions } = breakableStore();
    const writer = createEntryWriter({ store, clock });
    let spelled = 0;
    const toJson = (): string => {
      spelled += 1;
      return '{}';
    };

    writer.saveDecision('dec_a', toJson);
    writer.saveDecision('dec_a', toJson);
    expect(spelled).toBe(0);
    await clock.advanceAsync(50);
    writer.saveDecision('dec_a', toJson);
    await clock.advanceAsync(50);

    expect(spelled).toBe(1);
    expect(decisions.map((decision) => decision.id)).toEqual(['dec_a']);
  });

  it('renews a decision that is still used after a day, so that retention keeps it', async () => {
    const clock = fakeClock();
    const { store, decisions } = breakableStore();
    const writer = createEntryWriter({ store, clock });

    writer.saveDecision('dec_a', () => '{}');
    await clock.advanceAsync(86_400_000);
    writer.saveDecision('dec_a', () => '{}');
    await clock.advanceAsync(50);

    expect(decisions).toHaveLength(2);
  });
});
