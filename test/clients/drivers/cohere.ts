// Cohere's SDK, version 2 of its API.
import { CohereClientV2 } from 'cohere-ai';
import { asObject, parseJson } from '../../../src/core/json.ts';
import { type Ask, type ChatClient, type Driver, type Heard, numberIn } from '../support/chat-client.ts';

type Request = Parameters<CohereClientV2['chat']>[0];
type Message = Request['messages'][number];
type Assistant = Extract<Message, { role: 'assistant' }>;
type ToolCall = NonNullable<Assistant['toolCalls']>[number];
type Usage = { readonly tokens?: { readonly inputTokens?: number; readonly outputTokens?: number } };

export const cohereDriver: Driver = {
  name: 'cohere-ai 8.1.0',
  dialect: 'cohere-v2',
  create: ({ url, apiKey }) => createClient(new CohereClientV2({ environment: url, token: apiKey, maxRetries: 1 })),
  statusOf: (thrown) => numberIn(thrown, 'statusCode'),
  // It knows nothing of `x-should-retry`; by itself it would try once more than told to above.
  triesOfAFailedCall: 2,
};

function createClient(client: CohereClientV2): ChatClient {
  return {
    async whole(ask) {
      const { message, usage } = await client.chat(paramsOf(ask), optionsOf(ask));
      const content = message.content ?? [];
      const thinking = content.flatMap((item) => (item.type === 'thinking' ? [item.thinking] : [])).join('');
      const text = content.flatMap((item) => (item.type === 'text' ? [item.text] : [])).join('');
      return hear({ text, thinking, toolCalls: message.toolCalls ?? [], usage });
    },
    async stream(ask) {
      const pieces: string[] = [];
      const toolCalls: ToolCall[] = [];
      let thinking = '';
      let usage: Usage | undefined;
      for await (const event of await client.chatStream(paramsOf(ask), optionsOf(ask))) {
        switch (event.type) {
          case 'content-delta': {
            const { text, thinking: thought } = event.delta?.message?.content ?? {};
            thinking += thought ?? '';
            if (text === undefined) break;
            pieces.push(text);
            ask.onText?.(text);
            break;
          }
          case 'tool-call-start': {
            const call = event.delta?.message?.toolCalls;
            if (call !== undefined) toolCalls.push(call);
            break;
          }
          case 'tool-call-delta': {
            const last = toolCalls.at(-1)?.function;
            if (last !== undefined) last.arguments = `${last.arguments ?? ''}${event.delta?.message?.toolCalls?.function?.arguments ?? ''}`;
            break;
          }
          case 'message-end':
            if (event.delta?.error !== undefined) throw new Error(event.delta.error);
            usage = event.delta?.usage;
        }
      }
      return { ...hear({ text: pieces.join(''), thinking, toolCalls, usage }), pieces };
    },
  };
}

interface Parts {
  readonly text: string;
  readonly thinking: string;
  readonly toolCalls: readonly ToolCall[];
  readonly usage: Usage | undefined;
}

function hear({ text, thinking, toolCalls, usage }: Parts): Heard {
  const turn: Message = {
    role: 'assistant',
    ...(text !== '' && { content: text }),
    ...(toolCalls.length > 0 && { toolCalls: [...toolCalls] }),
  };
  return {
    text,
    ...(thinking !== '' && { reasoning: thinking }),
    calls: toolCalls.map((call) => ({
      id: call.id,
      name: call.function?.name ?? '',
      arguments: asObject(parseJson(call.function?.arguments ?? '{}')) ?? {},
    })),
    usage: usage && { input: usage.tokens?.inputTokens ?? 0, output: usage.tokens?.outputTokens ?? 0 },
    turn,
  };
}

function optionsOf(ask: Ask): { abortSignal?: AbortSignal } {
  return ask.signal === undefined ? {} : { abortSignal: ask.signal };
}

function paramsOf(ask: Ask): Request {
  return {
    model: ask.model,
    messages: [...(ask.system === undefined ? [] : [{ role: 'system' as const, content: ask.system }]), ...ask.turns.flatMap(messagesOf)],
    ...(ask.tools !== undefined && {
      tools: ask.tools.map(({ name, description, parameters }) => ({ type: 'function', function: { name, description, parameters } })),
    }),
    ...(ask.schema !== undefined && { responseFormat: { type: 'json_object', jsonSchema: { ...ask.schema } } }),
    ...(ask.reasoning === true && { thinking: { type: 'enabled', tokenBudget: 1_024 } }),
  };
}

function messagesOf(turn: Ask['turns'][number]): readonly Message[] {
  switch (turn.role) {
    case 'user': {
      if (turn.image === undefined) return [{ role: 'user', content: turn.text }];
      const url = `data:${turn.image.mediaType};base64,${turn.image.base64}`;
      return [
        {
          role: 'user',
          content: [
            { type: 'text', text: turn.text },
            { type: 'image_url', imageUrl: { url } },
          ],
        },
      ];
    }
    case 'assistant':
      return [turn.heard.turn as Message];
    case 'tool':
      return turn.results.map(({ call, text }) => ({ role: 'tool', toolCallId: call.id, content: text }));
  }
}
