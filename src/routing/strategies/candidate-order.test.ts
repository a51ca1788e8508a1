import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Candidate } from '../../brain/decision.ts';
import { orderByExperience, orderByFit, orderByLoad, rotate } from './candidate-order.ts';
import { ExperienceBook } from './experience.ts';

interface Sketch {
  readonly id: string;
  readonly supports?: Readonly<Record<string, boolean>>;
  readonly tasks?: readonly string[];
}

function candidate({ id, supports = {}, tasks = [] }: Sketch): Candidate {
  const offer = { canonicalId: id, providerId: `p/${id}`, supports, tasks, domains: [] };
  return { offer, connection: { id, provider: 'p' }, wireId: id } as unknown as Candidate;
}

const abc = ['a', 'b', 'c'].map((id) => candidate({ id }));
const idsOf = (candidates: readonly Candidate[]): string => candidates.map(({ connection }) => connection.id).join('');

describe('rotate', () => {
  it('begins one further each turn and keeps the others behind', () => {
    expect([0, 1, 2, 3].map((turn) => idsOf(rotate(abc, turn)))).toEqual(['abc', 'bca', 'cab', 'abc']);
  });

  it('gives every candidate the same number of first places', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 20 }), (size, rounds) => {
        const candidates = Array.from({ length: size }, (_, index) => candidate({ id: String(index) }));
        const firsts = Array.from({ length: size * rounds }, (_, turn) => rotate(candidates, turn)[0]);
        for (const one of candidates) expect(firsts.filter((first) => first === one)).toHaveLength(rounds);
      }),
    );
  });
});

it('orderByLoad puts the idle first and keeps the order among equals', () => {
  const load: Readonly<Record<string, number>> = { a: 2, b: 0, c: 0 };

  expect(idsOf(orderByLoad(abc, (id) => load[id] ?? 0))).toBe('bca');
});

describe('orderByFit', () => {
  it('keeps what can do more for those who need it', () => {
    const all = candidate({ id: 'x', supports: { tools: true, images: true, audio: true } });
    const some = candidate({ id: 'y', supports: { tools: true } });

    expect(idsOf(orderByFit([all, some], { needs: ['tools'] }))).toBe('yx');
    expect(idsOf(orderByFit([all, some], { needs: ['tools', 'vision', 'audio'] }))).toBe('xy');
  });

  it('prefers what was made for the task to what is smaller', () => {
    const small = candidate({ id: 's' });
    const made = candidate({ id: 'm', tasks: ['drafting'], supports: { tools: true, images: true } });

    expect(idsOf(orderByFit([small, made], { task: 'drafting', needs: [] }))).toBe('ms');
  });
});

describe('orderByExperience', () => {
  const record = { provider: 'p', totalMs: 100 };

  it('tries what nobody has tried, then the quicker', () => {
    const book = new ExperienceBook();
    book.note({ ...record, connection: 'a', model: 'p/a', firstByteMs: 300 });
    book.note({ ...record, connection: 'b', model: 'p/b', firstByteMs: 50 });

    expect(idsOf(orderByExperience(abc, (one) => book.of(one)))).toBe('cba');
  });

  it('counts a failure as lost time', () => {
    const book = new ExperienceBook();
    book.note({ ...record, connection: 'a', model: 'p/a', firstByteMs: 50, errorCode: 'upstream_error' });
    book.note({ ...record, connection: 'b', model: 'p/b', firstByteMs: 400 });

    expect(idsOf(orderByExperience(abc.slice(0, 2), (one) => book.of(one)))).toBe('ba');
  });

  it('forgives after enough successes', () => {
    const book = new ExperienceBook();
    book.note({ ...record, connection: 'a', model: 'p/a', firstByteMs: 50, errorCode: 'upstream_error' });
    book.note({ ...record, connection: 'b', model: 'p/b', firstByteMs: 400 });
    for (let i = 0; i < 10; i += 1) book.note({ ...record, connection: 'a', model: 'p/a', firstByteMs: 50 });

    expect(idsOf(orderByExperience(abc.slice(0, 2), (one) => book.of(one)))).toBe('ab');
  });
});

it('no order loses or doubles a candidate', () => {
  const orders = [
    rotate(abc, 7),
    orderByLoad(abc, () => Number.NaN),
    orderByFit(abc, { needs: [] }),
    orderByExperience(abc, () => undefined),
  ];

  for (const order of orders) expect(idsOf([...order].sort((x, y) => x.wireId.localeCompare(y.wireId)))).toBe('abc');
});
