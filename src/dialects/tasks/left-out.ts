// What a grammar cannot say: each member that is not carried over is a warning, never a silent loss.
import type { TaskDialectId, TaskRequest } from '../../canonical/tasks.ts';
import type { Warning } from '../../canonical/warning.ts';

/** Members that only the caller's own grammar knows, on their way to another one. */
export function warnForeign(request: TaskRequest, own: TaskDialectId): Warning[] {
  const warnings: Warning[] = [];
  for (const [id, members] of Object.entries(request.extensions ?? {})) {
    if (id === own) continue;
    for (const field of Object.keys(members ?? {})) warnings.push(dropped(field));
  }
  return warnings;
}

export function dropped(field: string, because = 'this provider has no such parameter'): Warning {
  return { field, kind: 'dropped', message: because };
}

/** One warning for each of these that was given. */
export function warnGiven<Request extends TaskRequest>(
  request: Request,
  names: Readonly<Partial<Record<keyof Request & string, string>>>,
): Warning[] {
  return Object.entries(names).flatMap(([key, field]) => (request[key as keyof Request] === undefined ? [] : [dropped(field as string)]));
}
