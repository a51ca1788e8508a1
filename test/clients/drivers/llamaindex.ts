// LlamaIndex for TypeScript: its OpenAI class with an own base address.
import { OpenAI } from '@llamaindex/openai';
import type { ChatMessage, ToolCallLLMMessageOptions } from 'llamaindex';
import { asObject, type JsonValue, parseJson } from '../../../src/core/json.ts';
import { type Ask, type ChatClient, type Driver, type Heard, numberIn } from '../support/chat-client.ts';

type Message = ChatMessage<ToolCallLLMMessageOptions>;
interface Call {
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
}

export const llamaindexDriver: Driver = {
  name: 'llamaindex 0.12.1 + @llamaindex/openai 0.4.23',
  dialect: 'openai-chat',
  create: ({ url, apiKey }) => createClient((model) => new OpenAI({ model, apiKey, baseURL: `${url}/v1` })),
  statusOf: (thrown) => numberIn(thrown, 'status'),
  triesOfAFailedCall: 1,
  // It takes no signal, and leaving its loop does not reach the request below.
  lacks: ['reasoning', 'schema', 'cancel'],
  miscountsStreams: 'it does not ask for the usage of streams',
};

function createClient(create: (model: string) => OpenAI): ChatClient {
  return {
    async whole(ask) {
      const { message, raw } = await create(ask.model).chat(paramsOf(ask));
      const usage = (raw as { readonly usage?: { readonly prompt_tokens: number; readonly completion_tokens: number } } | null)?.usage;
      const heard = hear(textOf(message.content), callsOf(message.options));
      return { ...heard, usage: usage && { input: usage.prompt_tokens, output: usage.completion_tokens } };
    },
    async stream(ask) {
      const pieces: string[] = [];
      // A call is told again with every piece of its arguments; the last telling is whole.
      const calls = new Map<string, Call>();
      for await (const { delta, options } of await create(ask.model).chat({ ...paramsOf(ask), stream: true })) {
        for (const call of callsOf(options)) calls.set(call.id, call);
        if (delta === '') continue;
        pieces.push(delta);
        ask.onText?.(delta);
      }
      return { ...hear(pieces.join(''), [...calls.values()]), usage: undefined, pieces };
    },
  };
}

function textOf(content: Message['content']): string {
  return typeof content === 'string' ? content : content.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

function callsOf(options: unknown): readonly Call[] {
  const { toolCall = [] } = (options ?? {}) as { readonly toolCall?: readonly Call[] };
  return toolCall;
}

function hear(text: string, toolCall: readonly Call[]): Heard {
  const turn = { role: 'assistant', content: text, ...(toolCall.length > 0 && { options: { toolCall } }) };
  const calls = toolCall.map(({ id, name, input }) => ({
    id,
    name,
    arguments: asObject(typeof input === 'string' ? parseJson(input) : (input as JsonValue)) ?? {},
  }));
  return { text, calls, turn };
}

function paramsOf(ask: Ask) {
  const tools = ask.tools?.map((metadata) => ({ metadata: { ...metadata, parameters: { ...metadata.parameters } }, call: () => '' }));
  return {
    messages: [...(ask.system === undefined ? [] : [{ role: 'system' as const, content: ask.system }]), ...ask.turns.flatMap(messagesOf)],
    ...(tools !== undefined && { tools: tools as never[] }),
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
            { type: 'image_url', image_url: { url } },
          ],
        },
      ];
    }
    case 'assistant':
      return [turn.heard.turn as Message];
    case 'tool':
      return turn.results.map(({ call, text }) => ({
        role: 'user',
        content: text,
        options: { toolResult: { id: call.id, result: text, isError: false } },
      }));
  }
}
