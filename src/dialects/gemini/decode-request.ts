// A caller's `:generateContent` body → canonical request. Model and streaming stand in the path.
import type { ChatRequest, Message, Part } from '../../canonical/chat.ts';
import type { Warning } from '../../canonical/warning.ts';
import { isObject, type JsonObject, type JsonValue, type MutableJson } from '../../core/json.ts';
import {
  optionalObject,
  optionalString,
  requireArray,
  requireObject,
  unknownMembers,
  wrongField,
} from '../anthropic-messages/wire-field.ts';
import { decodeConfig } from './decode-config.ts';
import { CallPairs, decodeParts, emptyContents } from './decode-parts.ts';
import { decodeToolConfig, decodeTools } from './decode-tools.ts';
import { bothSpellings, member, nameIn } from './member.ts';

const known = bothSpellings(['model', 'contents', 'systemInstruction', 'tools', 'toolConfig', 'generationConfig']);

export function decodeRequest(body: JsonObject, warnings: Warning[] = []): ChatRequest {
  const configName = nameIn(body, 'generationConfig');
  const config = decodeConfig(optionalObject(member(body, 'generationConfig'), configName) ?? {}, configName);
  const { tools, toolChoice } = decodeToolConfig(member(body, 'toolConfig'), decodeTools(body.tools, warnings));
  const rest = unknownMembers(body, known);
  warnOfRest(rest, '', warnings);
  warnOfRest(config.rest, `${configName}.`, warnings);
  const extensions: MutableJson = { ...rest, ...(config.rest !== undefined && { generationConfig: config.rest }) };
  return {
    dialect: 'gemini',
    model: optionalString(body.model, 'model') ?? '',
    messages: [...decodeSystem(body), ...decodeContents(body.contents)],
    stream: false,
    includeUsage: true,
    ...config.settings,
    ...(tools.length > 0 && { tools }),
    ...(toolChoice !== undefined && tools.length > 0 && { toolChoice }),
    ...(Object.keys(extensions).length > 0 && { extensions: { gemini: extensions as JsonObject } }),
  };
}

/** Said here and not where requests are written: to an upstream of this grammar the body goes as it came. */
function warnOfRest(rest: JsonObject | undefined, prefix: string, warnings: Warning[]): void {
  for (const [name, value] of Object.entries(rest ?? {})) {
    if (value === null || value === false || saysText(name, value)) continue;
    warnings.push({ field: `${prefix}${name}`, kind: 'dropped', message: 'only Gemini models know this setting' });
  }
}

/** Asking for text is asking for nothing. */
function saysText(name: string, value: JsonValue | undefined): boolean {
  if (name !== 'responseModalities' && name !== 'response_modalities') return false;
  return Array.isArray(value) && value.every((modality: JsonValue) => modality === 'TEXT');
}

/** A system instruction is a content, or just its text, or its parts. */
function decodeSystem(body: JsonObject): Message[] {
  const value = member(body, 'systemInstruction');
  if (value === undefined) return [];
  const path = nameIn(body, 'systemInstruction');
  if (typeof value === 'string') return [{ role: 'system', parts: [{ type: 'text', text: value }] }];
  const content = requireObject(value, path);
  const wire = isObject(content.parts)
    ? [content.parts]
    : content.parts === undefined && content.text !== undefined
      ? [content]
      : content.parts;
  const parts = decodeParts(wire ?? [], `${path}.parts`, new CallPairs());
  return parts.length === 0 ? [] : [{ role: 'system', parts }];
}

function decodeContents(value: JsonValue | undefined): Message[] {
  if (value === undefined || value === null) throw emptyContents();
  const contents = requireArray(value, 'contents');
  if (contents.length === 0) throw emptyContents();
  const pairs = new CallPairs();
  return contents.flatMap((content, index) => decodeContent(content, `contents[${index}]`, pairs));
}

/** Function responses become messages of their own, one each and before the rest of the user's turn, as every other grammar orders them. */
function decodeContent(value: JsonValue, path: string, pairs: CallPairs): Message[] {
  const content = requireObject(value, path);
  const role = optionalString(content.role, `${path}.role`) ?? 'user';
  if (role !== 'user' && role !== 'model' && role !== 'function') throw wrongField(`${path}.role`, 'one of user, model');
  const parts = decodeParts(content.parts ?? [], `${path}.parts`, pairs);
  if (role === 'model') return [{ role: 'assistant', parts }];
  const results: Message[] = [];
  const rest: Part[] = [];
  for (const part of parts) {
    if (part.type === 'tool-result') results.push({ role: 'tool', parts: [part] });
    else rest.push(part);
  }
  return rest.length > 0 || results.length === 0 ? [...results, { role: 'user', parts: rest }] : results;
}
