// The operator's overlay file, checked. Import it lazily: it brings zod along.
import { GatewayError } from '../core/errors.ts';
import type { Overlay } from './records.ts';
import { checkForm, overlaySchema } from './schema.ts';

/** A parsed YAML or JSON document → overlay. Throws `invalid_request` naming the file and the path of every mistake. */
export function parseOverlay(value: unknown, file: string): Overlay {
  try {
    // Undefined members cannot occur: the value comes from YAML or JSON.
    return checkForm(overlaySchema, value ?? {}, file) as Overlay;
  } catch (cause) {
    throw new GatewayError('invalid_request', cause instanceof Error ? cause.message : `${file}: unreadable`, { cause });
  }
}
