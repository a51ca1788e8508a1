// One frame of a passing stream, read where it lies: what the watchers of all event-naming dialects need, and no more.

/** One past the blank line that ends the frame which begins at or before `at`; the end of the region when none does. */
export function endOfFrame(region: Buffer, at: number): number {
  const border = region.indexOf('\n\n', at, 'latin1');
  return border < 0 ? region.length : border + 2;
}

/** The event's name ('' when absent) and its `data:` lines joined; LF framing. */
export function readFields(frame: string): { readonly event: string; readonly data: string | undefined } {
  let event = '';
  let data: string | undefined;
  for (const line of frame.split('\n')) {
    if (line.startsWith('data:')) {
      const text = line.slice(line[5] === ' ' ? 6 : 5);
      data = data === undefined ? text : `${data}\n${text}`;
    } else if (line.startsWith('event:')) {
      event = line.slice(6).trim();
    }
  }
  return { event, data };
}
