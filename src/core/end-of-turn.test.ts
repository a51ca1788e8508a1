import { describe, expect, it } from 'vitest';
import { atEndOfTurn } from './end-of-turn.ts';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the end of a turn', () => {
  it('comes after what is due now, and keeps the order of asking', async () => {
    const order: string[] = [];
    atEndOfTurn(() => order.push('first'));
    atEndOfTurn(() => order.push('second'));
    queueMicrotask(() => order.push('microtask'));
    process.nextTick(() => order.push('tick'));

    await nextTurn();

    expect(order).toEqual(['microtask', 'tick', 'first', 'second']);
  });

  it('runs what is asked for meanwhile in the next turn', async () => {
    const order: string[] = [];
    atEndOfTurn(() => {
      order.push('outer');
      atEndOfTurn(() => order.push('inner'));
    });

    await nextTurn();
    expect(order).toEqual(['outer']);

    await nextTurn();
    expect(order).toEqual(['outer', 'inner']);
  });

  it('goes on with the others when one throws', async () => {
    const thrown: unknown[] = [];
    const order: string[] = [];
    const handlers = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.once('uncaughtException', (error) => thrown.push(error));
    atEndOfTurn(() => order.push('before'));
    atEndOfTurn(() => {
      throw new Error('broken');
    });
    atEndOfTurn(() => order.push('after'));

    await nextTurn();
    await nextTurn();
    for (const handler of handlers) process.on('uncaughtException', handler);

    expect(order).toEqual(['before', 'after']);
    expect(thrown).toEqual([new Error('broken')]);
  });
});
