// The same edits as edit-body.ts on a parsed body: calls that were translated from another dialect have no bytes to splice.
import type { Warning } from '../canonical/warning.ts';
import { isObject, type JsonObject, type JsonValue, type MutableJson } from '../core/json.ts';
import { compileRules, type CompiledRules } from './compile-rules.ts';
import type { BodyEdit } from './edit-body.ts';
import { lossless } from './lossless.ts';

export interface ObjectEdit extends Omit<BodyEdit, 'outline'> {
  readonly body: JsonObject;
}

export interface EditedObject {
  /** A new object; the one given is not changed. */
  readonly body: JsonObject;
  readonly warnings: readonly Warning[];
  /** The answer will begin with this text of the caller's. */
  readonly repeatedPrefix?: string;
}

export function editObject(edit: ObjectEdit): EditedObject {
  const rules = compileRules(edit.endpoint, edit.traits);
  const warnings: Warning[] = [];
  const warn = (warning: Warning): void => {
    warnings.push(warning);
  };
  const body: MutableJson = {};
  for (const key of Object.keys(edit.body)) {
    const value = edit.body[key];
    // Assigning `__proto__` would change the prototype of the body instead of carrying a member.
    if (value === undefined || key === '__proto__' || edit.remove?.has(key) === true) continue;
    copyMember({ edit, rules, warn, key, value, into: body });
  }
  Object.assign(body, edit.set);
  if (rules.modelInPath) delete body['model'];
  else body['model'] = edit.model;
  if (rules.asksUsage && body['stream'] === true) {
    const options = body['stream_options'];
    body['stream_options'] = { ...(isObject(options) && options), include_usage: true };
  }
  const { model, traits, maxOutputTokens } = edit;
  let repeatedPrefix: string | undefined;
  const repeats = (prefix: string): void => {
    repeatedPrefix = prefix;
  };
  for (const { reshape } of rules.reshapes) reshape.apply(body, { model, traits, maxOutputTokens, warn, repeats });
  for (const key of Object.keys(body)) if (body[key] === undefined) delete body[key];
  return { body: body as JsonObject, warnings, ...(repeatedPrefix !== undefined && { repeatedPrefix }) };
}

interface MemberCopy {
  readonly edit: ObjectEdit;
  readonly rules: CompiledRules;
  readonly warn: (warning: Warning) => void;
  readonly key: string;
  readonly value: JsonValue;
  readonly into: MutableJson;
}

function copyMember({ edit, rules, warn, key, value, into }: MemberCopy): void {
  const action = edit.set !== undefined && Object.hasOwn(edit.set, key) ? undefined : rules.actions.get(key);
  const reasoningIsOff = rules.sampling.has(key) && edit.body['reasoning_effort'] === 'none';
  if (action === undefined || reasoningIsOff || (action.kind === 'drop-beside' && edit.body[action.other] === undefined)) {
    into[key] = value;
    return;
  }
  if (action.kind === 'drop-quietly') return;
  if (action.kind === 'rename') {
    if (edit.body[action.to] === undefined) into[action.to] = value;
    else warn({ field: key, kind: 'dropped', message: `${action.to} is given too and wins` });
    return;
  }
  if (!lossless(key, JSON.stringify(value))) warn({ field: key, kind: 'dropped', message: action.because });
}
