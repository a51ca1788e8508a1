// The ai package with its providers for both dialects.
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, jsonSchema, type LanguageModel, type ModelMessage, Output, streamText, tool, type ToolSet } from 'ai';
import { asObject, type JsonValue } from '../../../src/core/json.ts';
import { type Ask, type ChatClient, type ClientOptions, type Driver, type Heard, numberIn } from '../support/chat-client.ts';

type ModelOf = (id: string) => LanguageModel;

export const aiSdkDrivers: readonly Driver[] = [
  {
    name: 'ai 7.0.173 + @ai-sdk/openai-compatible 3.0.92',
    dialect: 'openai-chat',
    create: (options) => createClient(openaiModels(options)),
    statusOf,
    triesOfAFailedCall: 3,
  },
  {
    name: 'ai 7.0.173 + @ai-sdk/anthropic 4.0.105',
    dialect: 'anthropic-messages',
    create: ({ url, apiKey }) => createClient(createAnthropic({ baseURL: `${url}/v1`, apiKey })),
    statusOf,
    triesOfAFailedCall: 3,
  },
  {
    name: 'ai 7.0.173 + @ai-sdk/openai 4.0.118',
    // What it speaks unless told otherwise.
    dialect: 'openai-responses',
    create: ({ url, apiKey }) => createClient(createOpenAI({ baseURL: `${url}/v1`, apiKey })),
    statusOf,
    triesOfAFailedCall: 3,
  },
];

/** The last of the errors that its own retries collected. */
function statusOf(thrown: unknown): number | undefined {
  const last = (thrown as { readonly lastError?: unknown }).lastError ?? thrown;
  return numberIn(last, 'statusCode');
}

export function openaiModels({ url, apiKey }: ClientOptions): ModelOf {
  const provider = createOpenAICompatible({
    name: 'mpc',
    baseURL: `${url}/v1`,
    apiKey,
    includeUsage: true,
    supportsStructuredOutputs: true,
  });
  return (id) => provider.chatModel(id);
}

function createClient(modelOf: ModelOf): ChatClient {
  return {
    async whole(ask) {
      const result = await generateText(settingsOf(modelOf, ask));
      const { text, reasoningText, toolCalls, usage, responseMessages } = result;
      return hear({ text, reasoningText, toolCalls, usage, responseMessages });
    },
    async stream(ask) {
      let failure: unknown;
      const result = streamText({
        ...settingsOf(modelOf, ask),
        onError: ({ error }: { error: unknown }) => {
          failure = error;
        },
      });
      const pieces: string[] = [];
      for await (const piece of result.textStream) {
        pieces.push(piece);
        ask.onText?.(piece);
      }
      // The library ends its text stream in silence; the error is told to the callback only.
      if (failure !== undefined) throw failure;
      ask.signal?.throwIfAborted();
      const heard = hear({
        text: await result.text,
        reasoningText: await result.reasoningText,
        toolCalls: await result.toolCalls,
        usage: await result.usage,
        responseMessages: await result.responseMessages,
      });
      return { ...heard, pieces };
    },
  };
}

interface Parts {
  readonly text: string;
  readonly reasoningText: string | undefined;
  readonly toolCalls: readonly { readonly toolCallId: string; readonly toolName: string; readonly input: unknown }[];
  readonly usage: { readonly inputTokens: number | undefined; readonly outputTokens: number | undefined };
  readonly responseMessages: readonly ModelMessage[];
}

function hear({ text, reasoningText, toolCalls, usage, responseMessages }: Parts): Heard {
  return {
    text,
    reasoning: reasoningText,
    calls: toolCalls.map((call) => ({ id: call.toolCallId, name: call.toolName, arguments: asObject(call.input as JsonValue) ?? {} })),
    usage: { input: usage.inputTokens ?? Number.NaN, output: usage.outputTokens ?? Number.NaN },
    turn: responseMessages,
  };
}

function settingsOf(modelOf: ModelOf, ask: Ask) {
  const tools: ToolSet = Object.fromEntries(
    (ask.tools ?? []).map(({ name, description, parameters }) => [name, tool({ description, inputSchema: jsonSchema({ ...parameters }) })]),
  );
  return {
    model: modelOf(ask.model),
    messages: ask.turns.flatMap(messagesOf),
    maxOutputTokens: 4_000,
    ...(ask.system !== undefined && { instructions: ask.system }),
    ...(ask.tools !== undefined && { tools }),
    ...(ask.schema !== undefined && {
      output: Output.object({ schema: jsonSchema({ ...ask.schema }) }) as unknown as ReturnType<typeof Output.text>,
    }),
    ...(ask.signal !== undefined && { abortSignal: ask.signal }),
    ...(ask.reasoning === true && {
      providerOptions: {
        mpc: { reasoningEffort: 'low' },
        openai: { forceReasoning: true, reasoningEffort: 'low', reasoningSummary: 'auto' },
        anthropic: { thinking: { type: 'enabled', budgetTokens: 1_024 } },
      },
    }),
  };
}

function messagesOf(turn: Ask['turns'][number]): readonly ModelMessage[] {
  switch (turn.role) {
    case 'user': {
      if (turn.image === undefined) return [{ role: 'user', content: turn.text }];
      const { mediaType, base64 } = turn.image;
      return [
        {
          role: 'user',
          content: [
            { type: 'text', text: turn.text },
            { type: 'file', mediaType, data: base64 },
          ],
        },
      ];
    }
    case 'assistant':
      return turn.heard.turn as readonly ModelMessage[];
    case 'tool':
      return [
        {
          role: 'tool',
          content: turn.results.map(({ call, text }) => ({
            type: 'tool-result',
            toolCallId: call.id,
            toolName: call.name,
            output: { type: 'text', value: text },
          })),
        },
      ];
  }
}
