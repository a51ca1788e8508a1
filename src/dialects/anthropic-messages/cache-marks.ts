// The vendor takes four cache breakpoints and refuses a longer lifetime after a shorter one.
import { isObject, type MutableJson } from '../../core/json.ts';
import type { WarningList } from './warning-list.ts';

const mostMarks = 4;

interface MarkedBody {
  readonly tools: readonly MutableJson[];
  readonly system: readonly MutableJson[];
  readonly messages: readonly MutableJson[];
  /** A top-level `cache_control` takes one of the four. */
  readonly automatic: boolean;
}

/** Edits the blocks in place: the last marks stay, because they cover the longest prefixes. */
export function limitCacheMarks(body: MarkedBody, warnings: WarningList): void {
  const marked = listMarked(body);
  const room = body.automatic ? mostMarks - 1 : mostMarks;
  for (const block of marked.slice(0, Math.max(0, marked.length - room))) {
    delete block.cache_control;
    warnings.dropped('cache_control', `only ${mostMarks} cache marks are possible; the first ones were left out`);
  }
  let sawShort = false;
  for (const block of marked) {
    const control = block.cache_control;
    if (!isObject(control)) continue;
    if (control.ttl !== '1h') sawShort = true;
    else if (sawShort) {
      block.cache_control = { ...control, ttl: '5m' };
      warnings.changed('cache_control.ttl', 'a mark after a 5 minute mark cannot last an hour, so it lasts 5 minutes');
    }
  }
}

/** Everything that carries a mark, in the order of the prompt: tools, system, messages with what is inside tool results. */
function listMarked({ tools, system, messages }: MarkedBody): MutableJson[] {
  const blocks = messages.flatMap((message) => (Array.isArray(message.content) ? (message.content as MutableJson[]) : []));
  return [...tools, ...system, ...blocks.flatMap((block) => [...innerBlocks(block), block])].filter((block) =>
    isObject(block.cache_control),
  );
}

function innerBlocks(block: MutableJson): MutableJson[] {
  return block.type === 'tool_result' && Array.isArray(block.content) ? (block.content as MutableJson[]) : [];
}
