import { describe, expect, it } from 'vitest';
import { atEndOfTurn } from '../core/end-of-turn.ts';
import type { Entry } from '../ledger/entry.ts';
import { createLateObserver } from './late-observer.ts';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function create() {
  const order: string[] = [];
  const observer = createLateObserver(
    [
      {
        exchangeEnded({ entry }) {
          if (entry.id === 'broken') throw new Error('a bug');
          order.push(`first ${entry.id}`);
        },
      },
      { exchangeEnded: ({ entry }) => order.push(`second ${entry.id}`) },
    ],
    (error, id) => order.push(`${id}: ${error}`),
  );
  const end = (id: string, stream: boolean): void => observer.exchangeEnded?.({ entry: { id, stream } as Entry });
  return { order, end };
}

describe('late observers', () => {
  it('are told of whole answers behind everything that is written at the end of the turn', async () => {
    const { order, end } = create();
    end('one', false);
    atEndOfTurn(() => order.push('answer one'));
    end('two', false);
    atEndOfTurn(() => order.push('answer two'));
    expect(order).toEqual([]);

    await nextTurn();

    expect(order).toEqual(['answer one', 'answer two', 'first one', 'second one', 'first two', 'second two']);
  });

  it('that throw keep nobody else from being told, and do not end the process', async () => {
    const { order, end } = create();
    end('broken', false);
    end('one', false);

    await nextTurn();

    expect(order).toEqual(['broken: Error: a bug', 'first one', 'second one']);
  });

  it('are told of a stream at once', () => {
    const { order, end } = create();

    end('one', true);

    expect(order).toEqual(['first one', 'second one']);
  });
});
