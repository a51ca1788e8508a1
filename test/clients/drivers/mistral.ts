// Mistral's SDK. It checks every answer against its schemas and hands on only what they know.
import { Mistral } from '@mistralai/mistralai';
import type { ChatCompletionRequest, ToolCall, UsageInfo } from '@mistralai/mistralai/models/components/index.js';
import { asObject, type JsonValue, parseJson } from '../../../src/core/json.ts';
import { type Ask, type ChatClient, type Driver, type Heard, numberIn } from '../support/chat-client.ts';

type Message = ChatCompletionRequest['messages'][number];
type Content = Extract<Message, { role: 'assistant' }>['content'];

export const mistralDriver: Driver = {
  name: '@mistralai/mistralai 2.7.0',
  dialect: 'openai-chat',
  create: ({ url, apiKey }) => createClient(new Mistral({ serverURL: url, apiKey })),
  statusOf: (thrown) => numberIn(thrown, 'statusCode'),
  triesOfAFailedCall: 1,
  // Mistral's own models think in parts of their content; `reasoning_content` is unknown to it. In its vendor's streams
  // a call comes whole, in one piece with its name, and the gateway gives it that form whatever the provider speaks.
  lacks: ['reasoning'],
};

function createClient(client: Mistral): ChatClient {
  return {
    async whole(ask) {
      const { choices, usage } = await client.chat.complete(paramsOf(ask), optionsOf(ask));
      const message = choices[0]?.message;
      return hear({ text: textOf(message?.content), toolCalls: message?.toolCalls ?? [], usage });
    },
    async stream(ask) {
      const pieces: string[] = [];
      const toolCalls: ToolCall[] = [];
      let usage: UsageInfo | undefined;
      for await (const { data } of await client.chat.stream(paramsOf(ask), optionsOf(ask))) {
        usage = data.usage ?? usage;
        const delta = data.choices[0]?.delta;
        const text = textOf(delta?.content);
        if (text !== '') {
          pieces.push(text);
          ask.onText?.(text);
        }
        for (const piece of delta?.toolCalls ?? []) {
          const call = (toolCalls[piece.index ?? 0] ??= { ...piece, function: { name: piece.function.name, arguments: '' } });
          call.function.arguments = `${call.function.arguments as string}${piece.function.arguments as string}`;
        }
      }
      return { ...hear({ text: pieces.join(''), toolCalls, usage }), pieces };
    },
  };
}

function textOf(content: Content): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map((part) => ('text' in part && typeof part.text === 'string' ? part.text : '')).join('');
}

interface Parts {
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  readonly usage: UsageInfo | undefined;
}

function hear({ text, toolCalls, usage }: Parts): Heard {
  const turn: Message = { role: 'assistant', content: text, ...(toolCalls.length > 0 && { toolCalls: [...toolCalls] }) };
  return {
    text,
    calls: toolCalls.map(({ id, function: { name, arguments: args } }) => ({
      id: id ?? '',
      name,
      arguments: asObject(typeof args === 'string' ? parseJson(args) : (args as JsonValue)) ?? {},
    })),
    usage: usage && { input: usage.promptTokens ?? 0, output: usage.completionTokens ?? 0 },
    turn,
  };
}

function optionsOf(ask: Ask): { fetchOptions?: { signal: AbortSignal } } {
  return ask.signal === undefined ? {} : { fetchOptions: { signal: ask.signal } };
}

function paramsOf(ask: Ask): ChatCompletionRequest & { stream?: undefined } {
  return {
    model: ask.model,
    messages: [...(ask.system === undefined ? [] : [{ role: 'system' as const, content: ask.system }]), ...ask.turns.flatMap(messagesOf)],
    ...(ask.tools !== undefined && {
      tools: ask.tools.map(({ name, description, parameters }) => ({ type: 'function', function: { name, description, parameters } })),
    }),
    ...(ask.schema !== undefined && {
      responseFormat: { type: 'json_schema', jsonSchema: { name: 'answer', strict: true, schemaDefinition: { ...ask.schema } } },
    }),
  };
}

function messagesOf(turn: Ask['turns'][number]): readonly Message[] {
  switch (turn.role) {
    case 'user': {
      if (turn.image === undefined) return [{ role: 'user', content: turn.text }];
      const imageUrl = { url: `data:${turn.image.mediaType};base64,${turn.image.base64}` };
      return [
        {
          role: 'user',
          content: [
            { type: 'text', text: turn.text },
            { type: 'image_url', imageUrl },
          ],
        },
      ];
    }
    case 'assistant':
      return [turn.heard.turn as Message];
    case 'tool':
      return turn.results.map(({ call, text }) => ({ role: 'tool', toolCallId: call.id, name: call.name, content: text }));
  }
}
