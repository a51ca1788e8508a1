// What Vertex AI takes in another form than the vendors' own APIs.
import { isObject, type JsonObject, type MutableJson } from '../../core/json.ts';
import type { Reshape } from '../provider.ts';

/** Claude there: the version stands in the body. */
export const anthropicVersionInBody: Reshape = {
  name: 'anthropic-version-in-body',
  members: ['anthropic_version'],
  when: 'always',
  apply(body) {
    body['anthropic_version'] ??= 'vertex-2023-10-16';
  },
};

const callMembers = ['functionCall', 'functionResponse', 'function_call', 'function_response'];

/** Gemini there knows no ids of calls and refuses them. */
export const withoutCallIds: Reshape = {
  name: 'without-call-ids',
  members: ['contents'],
  when: { keys: callMembers },
  apply(body) {
    const { contents } = body;
    if (Array.isArray(contents))
      body['contents'] = contents.map((content: unknown) => (isObject(content) ? stripContent(content) : content));
  },
};

function stripContent(content: JsonObject): JsonObject {
  if (!Array.isArray(content.parts) || !content.parts.some((part) => isObject(part) && callMembers.some((name) => isObject(part[name])))) {
    return content;
  }
  return { ...content, parts: content.parts.map((part: unknown) => (isObject(part) ? stripPart(part) : part)) as JsonObject[] };
}

function stripPart(part: JsonObject): JsonObject {
  const stripped: MutableJson = { ...part };
  for (const name of callMembers) {
    const call = part[name];
    if (!isObject(call) || call.id === undefined) continue;
    const { id: _id, ...rest } = call;
    stripped[name] = rest;
  }
  return stripped as JsonObject;
}
