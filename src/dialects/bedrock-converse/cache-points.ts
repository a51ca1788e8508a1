// Cache marks are blocks of their own here, behind what they cover. Four are possible, and a longer lifetime never after a shorter one.
import type { CacheMark } from '../../canonical/chat.ts';
import { isObject, type MutableJson } from '../../core/json.ts';
import type { WarningList } from '../anthropic-messages/warning-list.ts';

const mostPoints = 4;

export function cachePoint(mark: CacheMark): MutableJson {
  return { cachePoint: { type: 'default', ...(mark.ttl !== undefined && { ttl: mark.ttl }) } };
}

/** Edits the lists (tools, system, contents, in the order of the prompt) in place: the last points stay, they cover the longest prefixes. */
export function limitCachePoints(lists: readonly MutableJson[][], warnings: WarningList): void {
  const count = lists.flat().filter(isPoint).length;
  let surplus = count - mostPoints;
  if (surplus > 0) warnings.dropped('cache_control', `only ${mostPoints} cache marks are possible; the first ones were left out`);
  let sawShort = false;
  for (const list of lists) {
    for (let at = 0; at < list.length; at += 1) {
      const point = list[at]?.cachePoint;
      if (!isObject(point)) continue;
      if (surplus > 0) {
        surplus -= 1;
        list.splice(at, 1);
        at -= 1;
      } else if (point.ttl !== '1h') {
        sawShort = true;
      } else if (sawShort) {
        list[at] = cachePoint({ ttl: '5m' });
        warnings.changed('cache_control.ttl', 'a mark after a 5 minute mark cannot last an hour, so it lasts 5 minutes');
      }
    }
  }
}

function isPoint(block: MutableJson): boolean {
  return block.cachePoint !== undefined;
}
