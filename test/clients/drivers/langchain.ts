// LangChain's chat models for both dialects.
import { ChatAnthropic } from '@langchain/anthropic';
import {
  type AIMessage,
  type AIMessageChunk,
  type BaseMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
  type UsageMetadata,
} from '@langchain/core/messages';
import { ChatOpenAI } from '@langchain/openai';
import { asObject, type JsonValue } from '../../../src/core/json.ts';
import { type Ask, type ChatClient, type Driver, type Heard, numberIn } from '../support/chat-client.ts';

type ModelFor = (ask: Ask) => ChatOpenAI | ChatAnthropic;

export const langchainDrivers: readonly Driver[] = [
  {
    name: '@langchain/openai 1.6.0',
    dialect: 'openai-chat',
    create: ({ url, apiKey }) =>
      createClient(
        (ask) =>
          new ChatOpenAI({
            model: ask.model,
            apiKey,
            configuration: { baseURL: `${url}/v1` },
            maxRetries: 1,
            // Its own `reasoning` option is sent for names of OpenAI's models only.
            ...(ask.reasoning === true && { modelKwargs: { reasoning_effort: 'low' } }),
          }),
      ),
    statusOf,
    triesOfAFailedCall: 2,
  },
  {
    name: '@langchain/anthropic 1.5.11',
    dialect: 'anthropic-messages',
    create: ({ url, apiKey }) =>
      createClient(
        (ask) =>
          new ChatAnthropic({
            model: ask.model,
            anthropicApiKey: apiKey,
            anthropicApiUrl: url,
            maxTokens: 4_000,
            maxRetries: 1,
            ...(ask.reasoning === true && { thinking: { type: 'enabled', budget_tokens: 1_024 } }),
          }),
      ),
    statusOf,
    triesOfAFailedCall: 2,
    miscountsStreams: 'it takes the input from message_start only, and adds the output of message_start to that of message_delta',
  },
];

function statusOf(thrown: unknown): number | undefined {
  return numberIn(thrown, 'status');
}

function createClient(modelFor: ModelFor): ChatClient {
  return {
    async whole(ask) {
      return hear(await runnableOf(modelFor(ask), ask).invoke(messagesOf(ask), optionsOf(ask)));
    },
    async stream(ask) {
      const pieces: string[] = [];
      let whole: AIMessageChunk | undefined;
      for await (const chunk of await runnableOf(modelFor(ask), ask).stream(messagesOf(ask), optionsOf(ask))) {
        whole = whole === undefined ? chunk : whole.concat(chunk);
        if (chunk.text !== '') {
          pieces.push(chunk.text);
          ask.onText?.(chunk.text);
        }
      }
      if (whole === undefined) throw new Error('the stream had no chunk');
      return { ...hear(whole), pieces };
    },
  };
}

function runnableOf(model: ChatOpenAI | ChatAnthropic, ask: Ask) {
  const functions = ask.tools?.map(({ name, description, parameters }) => ({
    type: 'function' as const,
    function: { name, description, parameters },
  }));
  if (model instanceof ChatOpenAI) {
    return model.withConfig({
      ...(functions !== undefined && { tools: functions }),
      ...(ask.schema !== undefined && {
        response_format: { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema: { ...ask.schema } } },
      }),
    });
  }
  return model.withConfig({
    ...(functions !== undefined && { tools: functions }),
    ...(ask.schema !== undefined && { outputConfig: { format: { type: 'json_schema', schema: { ...ask.schema } } } }),
  });
}

function optionsOf(ask: Ask): { signal?: AbortSignal } {
  return ask.signal === undefined ? {} : { signal: ask.signal };
}

function hear(message: AIMessage | AIMessageChunk): Heard {
  const { reasoning_content: extra } = message.additional_kwargs;
  const blocks = Array.isArray(message.content) ? message.content : [];
  const thoughts = blocks.map((block) => (block as { readonly thinking?: unknown }).thinking).filter((text) => typeof text === 'string');
  const usage = message.usage_metadata as unknown as UsageMetadata | undefined;
  return {
    text: message.text,
    reasoning: typeof extra === 'string' ? extra : thoughts.length > 0 ? thoughts.join('') : undefined,
    calls: (message.tool_calls ?? []).map((call) => ({
      id: call.id ?? '',
      name: call.name,
      arguments: asObject(call.args as JsonValue) ?? {},
    })),
    usage: usage && { input: usage.input_tokens, output: usage.output_tokens },
    turn: message,
  };
}

function messagesOf(ask: Ask): BaseMessage[] {
  const system = ask.system === undefined ? [] : [new SystemMessage(ask.system)];
  return [...system, ...ask.turns.flatMap(turnMessages)];
}

function turnMessages(turn: Ask['turns'][number]): readonly BaseMessage[] {
  switch (turn.role) {
    case 'user': {
      if (turn.image === undefined) return [new HumanMessage(turn.text)];
      const url = `data:${turn.image.mediaType};base64,${turn.image.base64}`;
      return [
        new HumanMessage({
          content: [
            { type: 'text', text: turn.text },
            { type: 'image_url', image_url: { url } },
          ],
        }),
      ];
    }
    case 'assistant':
      return [turn.heard.turn as AIMessage];
    case 'tool':
      return turn.results.map(({ call, text }) => new ToolMessage({ tool_call_id: call.id, content: text }));
  }
}
