// Chat through a declared mapping: whole answers only; a caller who wants a stream gets the answer replayed as one.
import type { ChatRequest, ChatResponse, FinishReason, Message } from '../../canonical/chat.ts';
import type { Usage } from '../../canonical/usage.ts';
import type { Warning } from '../../canonical/warning.ts';
import { GatewayError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import type { JsonValue } from '../../core/json.ts';
import type { UpstreamDialect } from '../dialect.ts';
import { decodeUpstreamError } from '../upstream-error.ts';
import { assertNoError, readText, readUsage } from './answer.ts';
import { readPath } from './paths.ts';
import { fillBody, namesIn, type Values } from './placeholders.ts';
import type { TaskTemplate } from './template.ts';

export function templateChat(template: TaskTemplate): UpstreamDialect {
  const used = new Set(namesIn(template.body));

  function decode(body: JsonValue): ChatResponse {
    assertNoError(body, template);
    const text = readText(body, template.response['text']);
    if (text === undefined) throw new GatewayError('upstream_bad_reply', 'the answer has no text where the template says it stands');
    const usage = readUsage(body, template);
    return {
      id: newId('tmpl'),
      model: '',
      created: 0,
      choices: [{ index: 0, parts: [{ type: 'text', text }], finish: readFinish(body, template) }],
      ...(usage !== undefined && { usage }),
    };
  }

  return {
    id: 'http-template',
    encodeRequest: (request, { model }) => ({
      body: fillBody(template.body, valuesOf(request, model)),
      warnings: warningsFor(request, used),
    }),
    decodeResponse: decode,
    createEventDecoder: () => ({
      done: false,
      push() {
        throw new GatewayError('upstream_bad_reply', 'the provider streamed an answer where the template expects a whole one');
      },
      end() {
        throw new GatewayError('upstream_bad_reply', 'the provider streamed an answer where the template expects a whole one');
      },
    }),
    readAnswerFacts(body) {
      const { usage, choices } = decode(body);
      const [part] = choices[0]?.parts ?? [];
      return { outputChars: part?.type === 'text' ? part.text.length : 0, ...factsOf(usage) };
    },
    decodeError: decodeUpstreamError,
  };
}

const factsOf = (usage: Usage | undefined): { usage?: Usage } => (usage === undefined ? {} : { usage });

function valuesOf(request: ChatRequest, model: string): Values {
  const spoken = request.messages.filter(({ role }) => role !== 'system');
  return {
    model,
    prompt: textOf(spoken.findLast(({ role }) => role === 'user')),
    system: request.messages
      .filter(({ role }) => role === 'system')
      .map(textOf)
      .join('\n\n'),
    messages: request.messages.map((message) => ({ role: message.role, content: textOf(message) })),
    transcript: spoken.map((message) => `${message.role}: ${textOf(message)}`).join('\n'),
    max_tokens: request.maxOutputTokens,
    temperature: request.temperature,
    top_p: request.topP,
    stop: request.stop,
    seed: request.seed,
    user: request.endUser,
  };
}

function textOf(message: Message | undefined): string {
  return (message?.parts ?? []).map((part) => (part.type === 'text' ? part.text : '')).join('');
}

/** What the template has no place for, and what no template can say. A picture that is not seen changes the answer, so it is refused. */
function warningsFor(request: ChatRequest, used: ReadonlySet<string>): Warning[] {
  const parts = request.messages.flatMap((message) => message.parts);
  const media = parts.find(({ type }) => type === 'image' || type === 'audio' || type === 'file');
  if (media !== undefined) {
    throw new GatewayError('unsupported_capability', `this connection takes text only, not ${media.type} parts`, { param: 'messages' });
  }
  const given: readonly (readonly [field: string, placeholder: string, value: unknown])[] = [
    ['max_tokens', 'max_tokens', request.maxOutputTokens],
    ['temperature', 'temperature', request.temperature],
    ['top_p', 'top_p', request.topP],
    ['stop', 'stop', request.stop],
    ['seed', 'seed', request.seed],
    ['user', 'user', request.endUser],
    ['tools', '', request.tools],
    ['response_format', '', request.output],
    ['reasoning', '', request.reasoning],
  ];
  const dropped = given.filter(([, placeholder, value]) => value !== undefined && !used.has(placeholder)).map(([field]) => field);
  const system = request.messages.some(({ role }) => role === 'system') && !used.has('system') && !used.has('messages') ? ['messages'] : [];
  return [...dropped, ...system].map((field) => ({
    field,
    kind: 'dropped',
    message: 'the template of this connection has no place for it',
  }));
}

const finishes: Readonly<Record<string, FinishReason>> = {
  length: 'length',
  max_tokens: 'length',
  content_filter: 'content-filter',
  safety: 'content-filter',
};

function readFinish(body: JsonValue, { response }: TaskTemplate): FinishReason {
  const [word] = response['finish'] === undefined ? [] : readPath(body, response['finish']);
  return (typeof word === 'string' ? finishes[word.toLowerCase()] : undefined) ?? 'stop';
}
