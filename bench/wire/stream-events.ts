// A stream of the mock upstream before it is cut into HTTP chunks.
import type { Buffer } from 'node:buffer';

/** The events of a stream in three parts, so that a paced one can wait between the middle ones. */
export interface StreamEvents<Event extends string | Buffer = string> {
  readonly opening: readonly Event[];
  readonly deltas: readonly Event[];
  readonly closing: readonly Event[];
}
