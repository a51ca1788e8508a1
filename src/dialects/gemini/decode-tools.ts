// `tools` and `toolConfig` → canonical tools.
import type { Tool, ToolChoice } from '../../canonical/chat.ts';
import type { Warning } from '../../canonical/warning.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import {
  optionalArray,
  optionalObject,
  optionalString,
  requireObject,
  requireString,
  wrongField,
} from '../anthropic-messages/wire-field.ts';
import { toJsonSchema } from './json-schema.ts';
import { bothSpellings, member, nameIn } from './member.ts';

const declarationNames = bothSpellings(['functionDeclarations']);

export function decodeTools(value: JsonValue | undefined, warnings: Warning[]): Tool[] {
  return (optionalArray(value, 'tools') ?? []).flatMap((entry, index) => {
    const path = `tools[${index}]`;
    const wire = requireObject(entry, path);
    const place = `${path}.${nameIn(wire, 'functionDeclarations')}`;
    const declared = (optionalArray(member(wire, 'functionDeclarations'), place) ?? []).map((one, at) =>
      decodeDeclaration(requireObject(one, `${place}[${at}]`), `${place}[${at}]`, warnings),
    );
    // Everything else in the entry names a tool that the vendor runs itself.
    const own = Object.entries(wire)
      .filter(([name, setting]) => !declarationNames.has(name) && setting !== undefined && setting !== null)
      .map(([name, setting]): Tool => ({ name, providerTool: { dialect: 'gemini', wire: Object.fromEntries([[name, setting]]) } }));
    return [...declared, ...own];
  });
}

function decodeDeclaration(wire: JsonObject, path: string, warnings: Warning[]): Tool {
  const description = optionalString(wire.description, `${path}.description`);
  const own = optionalObject(wire.parameters, `${path}.parameters`);
  const standard = optionalObject(member(wire, 'parametersJsonSchema'), `${path}.${nameIn(wire, 'parametersJsonSchema')}`);
  const parameters = own === undefined ? standard : toJsonSchema(own);
  for (const name of ['response', 'responseJsonSchema', 'behavior']) {
    if (member(wire, name) !== undefined)
      warnings.push({
        field: `${path}.${nameIn(wire, name)}`,
        kind: 'dropped',
        message: 'only Gemini models know this member of a function',
      });
  }
  return {
    name: requireString(wire.name, `${path}.name`),
    ...(description !== undefined && { description }),
    ...(parameters !== undefined && { parameters }),
  };
}

/** Several allowed names narrow the tools down; none of the other grammars can say that, but leaving tools out says the same. */
export function decodeToolConfig(
  value: JsonValue | undefined,
  tools: readonly Tool[],
): { readonly toolChoice?: ToolChoice; readonly tools: readonly Tool[] } {
  const config = optionalObject(value, 'toolConfig');
  if (config === undefined) return { tools };
  const path = `toolConfig.${nameIn(config, 'functionCallingConfig')}`;
  const calling = optionalObject(member(config, 'functionCallingConfig'), path);
  const mode = optionalString(calling?.mode, `${path}.mode`)?.toUpperCase();
  if (calling === undefined || mode === undefined) return { tools };
  const place = `${path}.${nameIn(calling, 'allowedFunctionNames')}`;
  const names = (optionalArray(member(calling, 'allowedFunctionNames'), place) ?? []).map((name, index) =>
    requireString(name, `${place}[${index}]`),
  );
  switch (mode) {
    case 'AUTO':
    case 'MODE_UNSPECIFIED':
      return { tools, toolChoice: { kind: 'auto' } };
    case 'VALIDATED':
      return {
        tools: tools.map((tool) => (tool.providerTool === undefined ? { ...tool, strict: true } : tool)),
        toolChoice: { kind: 'auto' },
      };
    case 'NONE':
      return { tools, toolChoice: { kind: 'none' } };
    case 'ANY': {
      const [name] = names;
      if (name !== undefined && names.length === 1) return { tools, toolChoice: { kind: 'tool', name } };
      const allowed = names.length === 0 ? tools : tools.filter((tool) => names.includes(tool.name));
      return { tools: allowed, toolChoice: { kind: 'required' } };
    }
    default:
      throw wrongField(`${path}.mode`, 'one of AUTO, ANY, NONE, VALIDATED');
  }
}
