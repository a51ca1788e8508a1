// The openai package's Responses API, spoken without anything kept: every request carries the whole conversation.
import type CurrentOpenAI from 'openai';
import { asObject, parseJson } from '../../../src/core/json.ts';
import { type Ask, type ChatClient, type Driver, type Heard, numberIn } from '../support/chat-client.ts';
import { openaiVersions } from './openai.ts';

type Response = CurrentOpenAI.Responses.Response;
type Item = CurrentOpenAI.Responses.ResponseInputItem;

export const responsesDrivers: readonly Driver[] = openaiVersions.map(({ name, OpenAI }) => ({
  name: `${name}, responses`,
  dialect: 'openai-responses',
  create: ({ url, apiKey }) => createClient(new OpenAI({ baseURL: `${url}/v1`, apiKey })),
  statusOf: (thrown) => numberIn(thrown, 'status'),
  triesOfAFailedCall: 1,
}));

function createClient(client: CurrentOpenAI): ChatClient {
  return {
    whole: async (ask) => hear(await client.responses.create(paramsOf(ask), optionsOf(ask))),
    async stream(ask) {
      const pieces: string[] = [];
      let whole: Response | undefined;
      for await (const event of await client.responses.create({ ...paramsOf(ask), stream: true }, optionsOf(ask))) {
        if (event.type === 'response.output_text.delta') {
          pieces.push(event.delta);
          ask.onText?.(event.delta);
        }
        if (event.type === 'response.failed') throw new Error(event.response.error?.message ?? 'failed');
        if (event.type === 'response.completed') whole = event.response;
      }
      if (whole === undefined) throw new Error('the stream ended without response.completed');
      return { ...hear(whole), pieces };
    },
  };
}

function hear({ output, usage }: Response): Heard {
  const thoughts = output.flatMap((item) =>
    item.type === 'reasoning' ? [...item.summary, ...(item.content ?? [])].map(({ text }) => text) : [],
  );
  const texts = output.flatMap((item) =>
    item.type === 'message' ? item.content.flatMap((part) => (part.type === 'output_text' ? [part.text] : [])) : [],
  );
  return {
    text: texts.join(''),
    ...(thoughts.length > 0 && { reasoning: thoughts[0] }),
    calls: output.flatMap((item) =>
      item.type === 'function_call' ? [{ id: item.call_id, name: item.name, arguments: asObject(parseJson(item.arguments)) ?? {} }] : [],
    ),
    usage: usage && { input: usage.input_tokens, output: usage.output_tokens },
    turn: output,
  };
}

function optionsOf(ask: Ask): { signal?: AbortSignal } {
  return ask.signal === undefined ? {} : { signal: ask.signal };
}

function paramsOf(ask: Ask): CurrentOpenAI.Responses.ResponseCreateParamsNonStreaming {
  return {
    model: ask.model,
    store: false,
    input: ask.turns.flatMap(itemsOf),
    ...(ask.system !== undefined && { instructions: ask.system }),
    ...(ask.tools !== undefined && {
      tools: ask.tools.map(({ name, description, parameters }) => ({
        type: 'function',
        name,
        description,
        parameters: { ...parameters },
        strict: false,
      })),
    }),
    ...(ask.schema !== undefined && {
      text: { format: { type: 'json_schema', name: 'answer', strict: true, schema: { ...ask.schema } } },
    }),
    ...(ask.reasoning === true && { reasoning: { effort: 'low', summary: 'auto' }, include: ['reasoning.encrypted_content'] }),
  };
}

function itemsOf(turn: Ask['turns'][number]): readonly Item[] {
  switch (turn.role) {
    case 'user': {
      if (turn.image === undefined) return [{ role: 'user', content: turn.text }];
      const image_url = `data:${turn.image.mediaType};base64,${turn.image.base64}`;
      return [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: turn.text },
            { type: 'input_image', detail: 'auto', image_url },
          ],
        },
      ];
    }
    case 'assistant':
      return turn.heard.turn as readonly Item[];
    case 'tool':
      return turn.results.map(({ call, text }) => ({ type: 'function_call_output', call_id: call.id, output: text }));
  }
}
