// Callers' headers that one endpoint reads as lists in the body (`anthropic-beta` for Claude on Vertex AI).
import { asArray, type JsonValue } from '../core/json.ts';
import { type Outline, readMember } from '../core/json-outline.ts';
import type { ChatEndpoint } from '../providers/provider.ts';

export interface CallerHeaders {
  readonly forwardHeaders: readonly (readonly [name: string, value: string])[];
  /** Of the caller's body, which may have such a member itself. */
  readonly outline: Outline;
}

/** `members` with those of the headers; the very same where there are none. Only for callers of the endpoint's own dialect. */
export function withHeaderMembers<Members extends Readonly<Record<string, unknown>> | undefined>(
  members: Members,
  { headersInBody }: Pick<ChatEndpoint, 'headersInBody'>,
  { forwardHeaders, outline }: CallerHeaders,
): Members | Readonly<Record<string, JsonValue>> {
  if (headersInBody === undefined) return members;
  let all: Members | Readonly<Record<string, JsonValue>> = members;
  for (const [header, value] of forwardHeaders) {
    const member = headersInBody[header];
    if (member === undefined) continue;
    const said = asArray(readMember(outline, member) as JsonValue) ?? [];
    const listed = value.split(',').map((item) => item.trim());
    all = { ...all, [member]: [...new Set([...said, ...listed.filter((item) => item !== '')])] } as Readonly<Record<string, JsonValue>>;
  }
  return all;
}
