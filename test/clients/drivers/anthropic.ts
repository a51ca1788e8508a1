// The @anthropic-ai/sdk package, 1.x and the last 0.x: they differ in the API version and in the header of the key.
import CurrentAnthropic from '@anthropic-ai/sdk';
import PreviousAnthropic from '@anthropic-ai/sdk-0';
import { asObject, type JsonValue } from '../../../src/core/json.ts';
import { type Ask, type ChatClient, type Driver, type Heard, numberIn } from '../support/chat-client.ts';

type Anthropic = CurrentAnthropic;
type MessageParam = CurrentAnthropic.MessageParam;

/** The calls that programs make are the same in both. */
export const anthropicVersions = [
  { name: '@anthropic-ai/sdk 1.11.0', Anthropic: CurrentAnthropic },
  { name: '@anthropic-ai/sdk 0.137.0', Anthropic: PreviousAnthropic as unknown as typeof CurrentAnthropic },
] as const;

export const anthropicDrivers: readonly Driver[] = anthropicVersions.map(({ name, Anthropic }) => ({
  name,
  dialect: 'anthropic-messages',
  create: ({ url, apiKey }) => createClient(new Anthropic({ baseURL: url, apiKey })),
  statusOf: (thrown) => numberIn(thrown, 'status'),
  triesOfAFailedCall: 1,
}));

function createClient(client: Anthropic): ChatClient {
  return {
    async whole(ask) {
      return hear(await client.messages.create(paramsOf(ask), optionsOf(ask)));
    },
    async stream(ask) {
      const pieces: string[] = [];
      const stream = client.messages.stream(paramsOf(ask), optionsOf(ask));
      stream.on('text', (piece) => {
        pieces.push(piece);
        ask.onText?.(piece);
      });
      return { ...hear(await stream.finalMessage()), pieces };
    },
  };
}

function hear(message: CurrentAnthropic.Message): Heard {
  const { content, usage } = message;
  const thoughts = content.filter((block) => block.type === 'thinking');
  const { input_tokens: input, cache_read_input_tokens: read, cache_creation_input_tokens: written, output_tokens: output } = usage;
  return {
    text: content
      .filter((block) => block.type === 'text')
      .map((block) => block.text)
      .join(''),
    reasoning: thoughts.length === 0 ? undefined : thoughts.map((block) => block.thinking).join(''),
    calls: content
      .filter((block) => block.type === 'tool_use')
      .map((block) => ({ id: block.id, name: block.name, arguments: asObject(block.input as JsonValue) ?? {} })),
    usage: { input: input + (read ?? 0) + (written ?? 0), output },
    turn: { role: 'assistant', content },
  };
}

function optionsOf(ask: Ask): { signal?: AbortSignal } {
  return ask.signal === undefined ? {} : { signal: ask.signal };
}

function paramsOf(ask: Ask): CurrentAnthropic.MessageCreateParamsNonStreaming {
  return {
    model: ask.model,
    max_tokens: 4_000,
    messages: ask.turns.map(messageOf),
    ...(ask.system !== undefined && { system: ask.system }),
    ...(ask.tools !== undefined && {
      tools: ask.tools.map(({ name, description, parameters }) => ({
        name,
        description,
        input_schema: parameters as CurrentAnthropic.Tool.InputSchema,
      })),
    }),
    ...(ask.schema !== undefined && { output_config: { format: { type: 'json_schema', schema: { ...ask.schema } } } }),
    ...(ask.reasoning === true && { thinking: { type: 'enabled', budget_tokens: 1_024 } }),
  };
}

function messageOf(turn: Ask['turns'][number]): MessageParam {
  switch (turn.role) {
    case 'user': {
      if (turn.image === undefined) return { role: 'user', content: turn.text };
      const source = { type: 'base64' as const, media_type: turn.image.mediaType as 'image/png', data: turn.image.base64 };
      return {
        role: 'user',
        content: [
          { type: 'image', source },
          { type: 'text', text: turn.text },
        ],
      };
    }
    case 'assistant':
      return turn.heard.turn as MessageParam;
    case 'tool':
      return {
        role: 'user',
        content: turn.results.map(({ call, text }) => ({ type: 'tool_result', tool_use_id: call.id, content: text })),
      };
  }
}
