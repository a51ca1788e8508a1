import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Slots } from './slots.ts';

it('holds what was added and not yet removed, in reused places', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constant('add' as const), fc.nat(20))), (steps) => {
      const slots = new Slots<number>();
      const live = new Map<number, number>();
      let most = 0;
      for (const [item, step] of steps.entries()) {
        const [place] = typeof step === 'number' ? [[...live.keys()][step]] : [undefined];
        if (step === 'add') live.set(slots.add(item), item);
        else if (place !== undefined) {
          slots.remove(place);
          live.delete(place);
        }
        most = Math.max(most, live.size);
      }

      expect(slots.all().toSorted((a, b) => a - b)).toEqual([...live.values()].toSorted((a, b) => a - b));
      expect(slots.size).toBe(live.size);
      expect(Math.max(-1, ...live.keys())).toBeLessThan(Math.max(1, most));
    }),
  );
});
