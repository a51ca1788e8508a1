// The openai package, this major version and the one before: the calls that programs make are the same in both.
import CurrentOpenAI, { AzureOpenAI as CurrentAzure } from 'openai';
import PreviousOpenAI, { AzureOpenAI as PreviousAzure } from 'openai-6';
import { asObject, parseJson } from '../../../src/core/json.ts';
import { type Ask, type ChatClient, type Driver, type Heard, numberIn } from '../support/chat-client.ts';

type Message = CurrentOpenAI.ChatCompletionMessageParam;
type ToolCall = { id: string; type: 'function'; function: { name: string; arguments: string } };

/** The classes differ in private members only. */
export const openaiVersions = [
  { name: 'openai 7.55.0', OpenAI: CurrentOpenAI, AzureOpenAI: CurrentAzure },
  {
    name: 'openai 6.49.0',
    OpenAI: PreviousOpenAI as unknown as typeof CurrentOpenAI,
    AzureOpenAI: PreviousAzure as unknown as typeof CurrentAzure,
  },
] as const;

export const openaiDrivers: readonly Driver[] = openaiVersions.map(({ name, OpenAI }) => ({
  name,
  dialect: 'openai-chat',
  create: ({ url, apiKey }) => createClient(new OpenAI({ baseURL: `${url}/v1`, apiKey }).chat.completions),
  statusOf: (thrown) => numberIn(thrown, 'status'),
  triesOfAFailedCall: 1,
}));

/** Also of the libraries that are built like this one: their calls differ in names of types only. */
export function createClient(completions: Pick<CurrentOpenAI['chat']['completions'], 'create'>): ChatClient {
  return {
    async whole(ask) {
      const answer = await completions.create(paramsOf(ask), optionsOf(ask));
      const message = answer.choices[0]?.message;
      if (message === undefined) throw new Error('no choice in the answer');
      return hear({
        text: message.content ?? '',
        reasoning: (message as { reasoning_content?: string }).reasoning_content,
        toolCalls: (message.tool_calls ?? []).filter((call) => call.type === 'function'),
        usage: answer.usage,
      });
    },
    async stream(ask) {
      const stream = await completions.create({ ...paramsOf(ask), stream: true, stream_options: { include_usage: true } }, optionsOf(ask));
      const pieces: string[] = [];
      const toolCalls: ToolCall[] = [];
      let reasoning: string | undefined;
      let usage: CurrentOpenAI.CompletionUsage | undefined;
      for await (const chunk of stream) {
        usage = chunk.usage ?? usage;
        const delta = chunk.choices[0]?.delta as
          | (CurrentOpenAI.ChatCompletionChunk.Choice.Delta & { reasoning_content?: string })
          | undefined;
        if (delta?.content) {
          pieces.push(delta.content);
          ask.onText?.(delta.content);
          // A library that takes no signal is told to stop by leaving its loop.
          if (ask.signal?.aborted === true) break;
        }
        if (delta?.reasoning_content) reasoning = (reasoning ?? '') + delta.reasoning_content;
        for (const piece of delta?.tool_calls ?? []) {
          const call = (toolCalls[piece.index] ??= {
            id: piece.id ?? '',
            type: 'function',
            function: { name: piece.function?.name ?? '', arguments: '' },
          });
          call.function.arguments += piece.function?.arguments ?? '';
        }
      }
      return { ...hear({ text: pieces.join(''), reasoning, toolCalls, usage }), pieces };
    },
  };
}

interface Parts {
  readonly text: string;
  readonly reasoning: string | undefined;
  readonly toolCalls: readonly ToolCall[];
  readonly usage: CurrentOpenAI.CompletionUsage | undefined;
}

function hear({ text, reasoning, toolCalls, usage }: Parts): Heard {
  const turn: Message = {
    role: 'assistant',
    content: text === '' ? null : text,
    ...(toolCalls.length > 0 && { tool_calls: [...toolCalls] }),
  };
  return {
    text,
    reasoning,
    calls: toolCalls.map((call) => ({
      id: call.id,
      name: call.function.name,
      arguments: asObject(parseJson(call.function.arguments)) ?? {},
    })),
    usage: usage && { input: usage.prompt_tokens, output: usage.completion_tokens },
    turn,
  };
}

function optionsOf(ask: Ask): { signal?: AbortSignal } {
  return ask.signal === undefined ? {} : { signal: ask.signal };
}

function paramsOf(ask: Ask): CurrentOpenAI.ChatCompletionCreateParamsNonStreaming {
  return {
    model: ask.model,
    messages: [...(ask.system === undefined ? [] : [{ role: 'system' as const, content: ask.system }]), ...ask.turns.flatMap(messagesOf)],
    ...(ask.tools !== undefined && {
      tools: ask.tools.map(({ name, description, parameters }) => ({ type: 'function', function: { name, description, parameters } })),
    }),
    ...(ask.schema !== undefined && {
      response_format: { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema: { ...ask.schema } } },
    }),
    ...(ask.reasoning === true && { reasoning_effort: 'low' }),
  };
}

function messagesOf(turn: Ask['turns'][number]): readonly Message[] {
  switch (turn.role) {
    case 'user': {
      if (turn.image === undefined) return [{ role: 'user', content: turn.text }];
      const { mediaType, base64 } = turn.image;
      const image = { type: 'image_url' as const, image_url: { url: `data:${mediaType};base64,${base64}` } };
      return [{ role: 'user', content: [{ type: 'text', text: turn.text }, image] }];
    }
    case 'assistant':
      return [turn.heard.turn as Message];
    case 'tool':
      return turn.results.map(({ call, text }) => ({ role: 'tool', tool_call_id: call.id, content: text }));
  }
}
