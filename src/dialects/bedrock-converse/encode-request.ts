// Canonical request → body of `POST /model/{id}/converse`. The model stands in the path, and so does the wish for a stream.
import { callerDialect, callerField } from '../caller-fields.ts';
import type { ChatRequest } from '../../canonical/chat.ts';
import { isObject, type JsonObject, type JsonValue, type MutableJson } from '../../core/json.ts';
import { createWarningList, type WarningList } from '../anthropic-messages/warning-list.ts';
import { createToolIds, createToolNames, type IdRules } from '../anthropic-messages/wire-names.ts';
import type { AnswerRewrites, Encoded, EncodeTarget } from '../dialect.ts';
import { encodeTurns, placeholder } from '../strict-turns.ts';
import { limitCachePoints } from './cache-points.ts';
import { createBlockWriter } from './encode-blocks.ts';
import { encodeSettings } from './encode-settings.ts';
import { encodeTools } from './encode-tools.ts';
import { familyOf, type ModelFamily } from './model-family.ts';
import { holdsToolParts, tellToolsAsText } from './tool-history.ts';

const longestName = 64;
const plainIds: IdRules = {
  form: /^[a-zA-Z0-9_-]{1,64}$/,
  mend: (callId) => callId.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 56) || 'call',
};
/** Mistral's models refuse any other id. */
const mistralIds: IdRules = { form: /^[a-zA-Z0-9]{9}$/, mend: (_, number) => `call${String(number).padStart(5, '0')}` };

/** Members of the grammar that callers may send as they are, in whatever dialect they call. */
const converseMembers = new Set([
  'guardrailConfig',
  'performanceConfig',
  'promptVariables',
  'requestMetadata',
  'serviceTier',
  'additionalModelResponseFieldPaths',
]);

export function encodeRequest(request: ChatRequest, target: EncodeTarget): Encoded {
  const warnings = createWarningList();
  const family = familyOf(target);
  const names = createToolNames(request, longestName);
  const tools = encodeTools(request, { target, family, warnings, names });
  // Tool calls in the history without tools in the request are refused, so they are told as text.
  const told =
    tools.tools.length === 0 && holdsToolParts(request.messages)
      ? { ...request, messages: tellToolsAsText(request.messages, warnings) }
      : request;
  const turns = encodeTurns(told, {
    writer: createBlockWriter({ family, names, warnings }),
    ids: createToolIds(told, family === 'mistral' ? mistralIds : plainIds),
    warnings,
    refusesPrefill: target.traits.has('no-prefill'),
  });
  if (tools.instruction !== undefined) turns.system.push({ text: tools.instruction });
  for (const message of turns.messages) accompanyDocuments(message);
  limitCachePoints([tools.tools as MutableJson[], turns.system, ...turns.messages.map(contentOf)], warnings);

  const settings = encodeSettings(request, { target, family, warnings, tools, messages: turns.messages as readonly JsonObject[] });
  const given = passGivenMembers(request);
  warnOfTheRest(request, { warnings, family });
  const rewrites: AnswerRewrites = {
    ...(tools.jsonTool !== undefined && { jsonTool: tools.jsonTool }),
    ...(names.changed.size > 0 && { toolNames: names.changed }),
  };
  const body = {
    messages: turns.messages,
    ...(turns.system.length > 0 && { system: turns.system }),
    ...settings.members,
    ...(tools.tools.length > 0 && {
      toolConfig: { tools: tools.tools, ...(settings.toolChoice !== undefined && { toolChoice: settings.toolChoice }) },
    }),
    ...serviceTier(request),
    ...requestMetadata(request, warnings),
    ...given,
  };
  return { body: body as JsonObject, warnings: warnings.all, ...(Object.keys(rewrites).length > 0 && { rewrites }) };
}

function contentOf(message: MutableJson): MutableJson[] {
  return message.content as MutableJson[];
}

/** A document is refused unless some text stands beside it. */
function accompanyDocuments(message: MutableJson): void {
  const content = contentOf(message);
  if (content.some((block) => block.document !== undefined) && !content.some((block) => block.text !== undefined)) {
    content.push({ text: placeholder });
  }
}

/** What the caller said in Converse's own words wins over what was made of the rest. */
function passGivenMembers(request: ChatRequest): MutableJson {
  const own = request.extensions?.['bedrock-converse'] ?? {};
  const caller = request.extensions?.[callerDialect(request)] ?? {};
  const given = Object.entries(caller).filter(([name, value]) => converseMembers.has(name) && value !== null);
  return { ...Object.fromEntries(given), ...own };
}

function serviceTier(request: ChatRequest): MutableJson {
  const tier = request.extensions?.[callerDialect(request)]?.service_tier;
  return tier === 'default' || tier === 'flex' || tier === 'priority' ? { serviceTier: { type: tier } } : {};
}

/** Goes into the site's own invocation log. Values outside the alphabet fail the whole request. */
const metadataText = /^[a-zA-Z0-9\s:_@$#=/+,.-]{0,256}$/;
const mostMetadata = 16;

function requestMetadata(request: ChatRequest, warnings: WarningList): MutableJson {
  const told = request.extensions?.[callerDialect(request)]?.metadata;
  const entries: (readonly [string, JsonValue | undefined])[] = isObject(told) ? Object.entries(told) : [];
  if (request.endUser !== undefined) entries.unshift(['end_user', request.endUser]);
  const fine = entries.filter(
    ([name, value]) => typeof value === 'string' && name !== '' && metadataText.test(name) && metadataText.test(value),
  );
  if (fine.length < entries.length || fine.length > mostMetadata)
    warnings.dropped('metadata', `only ${mostMetadata} short texts of plain letters and digits can be kept`);
  return fine.length > 0 ? { requestMetadata: Object.fromEntries(fine.slice(0, mostMetadata)) } : {};
}

function warnOfTheRest(request: ChatRequest, { warnings, family }: { readonly warnings: WarningList; readonly family: ModelFamily }): void {
  const unknown = 'the dialect has no such setting';
  if ((request.frequencyPenalty ?? 0) !== 0) warnings.dropped(callerField(request, 'frequencyPenalty'), unknown);
  if ((request.presencePenalty ?? 0) !== 0) warnings.dropped(callerField(request, 'presencePenalty'), unknown);
  if (request.seed !== undefined) warnings.dropped('seed', unknown);
  if ((request.count ?? 1) > 1) warnings.dropped('n', 'one answer is given');
  if (request.parallelToolCalls === false && family !== 'claude')
    warnings.dropped('parallel_tool_calls', 'this model cannot be kept from calling tools in parallel');
  for (const [field, value] of Object.entries(request.extensions?.[callerDialect(request)] ?? {})) {
    // Null and false say what happens anyway.
    if (value === undefined || value === null || value === false) continue;
    if (!isSaidOtherwise(field, value, request)) warnings.dropped(field, unknown);
  }
}

function isSaidOtherwise(field: string, value: JsonValue, request: ChatRequest): boolean {
  if (converseMembers.has(field)) return true;
  switch (field) {
    case 'service_tier':
      return value === 'auto' || value === 'default' || value === 'flex' || value === 'priority';
    case 'reasoning':
    case 'reasoning_effort':
    case 'thinking':
      return request.reasoning !== undefined;
    case 'additionalModelRequestFields':
      return true;
    default:
      return field === 'stream_options' || field === 'metadata';
  }
}
