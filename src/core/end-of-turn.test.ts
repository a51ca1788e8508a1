import { describe, expect, it } from 'vitest';
import { afterTurn, atEndOfTurn, takeEndOfTurn } from './end-of-turn.ts';

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

  it('is before the immediates of others once it is taken', async () => {
    const order: string[] = [];
    takeEndOfTurn();
    setImmediate(() => order.push('immediate'));
    atEndOfTurn(() => order.push('end of turn'));

    await nextTurn();

    expect(order).toEqual(['end of turn', 'immediate']);
  });

  it('has a part behind it, in the same turn, whoever asks first', async () => {
    const order: string[] = [];
    afterTurn(() => order.push('behind'));
    atEndOfTurn(() => order.push('end'));
    afterTurn(() => order.push('behind, too'));

    await nextTurn();

    expect(order).toEqual(['end', 'behind', 'behind, too']);
  });

  it('has the part behind it also when one throws, and when nothing else is asked for', async () => {
    const thrown: unknown[] = [];
    const order: string[] = [];
    const handlers = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.once('uncaughtException', (error) => thrown.push(error));
    atEndOfTurn(() => {
      throw new Error('broken');
    });
    afterTurn(() => order.push('behind a broken one'));

    await nextTurn();
    for (const handler of handlers) process.on('uncaughtException', handler);
    afterTurn(() => order.push('alone'));
    await nextTurn();

    expect(thrown).toEqual([new Error('broken')]);
    expect(order).toEqual(['behind a broken one', 'alone']);
  });
});
