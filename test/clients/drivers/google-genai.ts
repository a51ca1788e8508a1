// Google's SDK, this major version and the one before: 3.x asks under /v1, 2.x under /v1beta.
import { type Content, type GenerateContentParameters, GoogleGenAI as CurrentGenAI, type Part } from '@google/genai';
import { GoogleGenAI as PreviousGenAI } from '@google/genai-2';
import { asObject, type JsonValue } from '../../../src/core/json.ts';
import { type Ask, type ChatClient, type Driver, type Heard, numberIn } from '../support/chat-client.ts';

/** The classes differ in private members only. */
export const genaiVersions = [
  { name: '@google/genai 3.1.0', GoogleGenAI: CurrentGenAI },
  { name: '@google/genai 2.32.0', GoogleGenAI: PreviousGenAI as unknown as typeof CurrentGenAI },
] as const;

export const genaiDrivers: readonly Driver[] = genaiVersions.map(({ name, GoogleGenAI }) => ({
  name,
  dialect: 'gemini',
  create: ({ url, apiKey }) => createClient(new GoogleGenAI({ apiKey, httpOptions: { baseUrl: url } })),
  statusOf: (thrown) => numberIn(thrown, 'status'),
  triesOfAFailedCall: 1,
}));

type Usage = { readonly promptTokenCount?: number; readonly candidatesTokenCount?: number; readonly thoughtsTokenCount?: number };

function createClient(client: CurrentGenAI): ChatClient {
  return {
    async whole(ask) {
      const answer = await client.models.generateContent(paramsOf(ask));
      return hear(answer.candidates?.[0]?.content?.parts ?? [], answer.usageMetadata);
    },
    async stream(ask) {
      const pieces: string[] = [];
      const parts: Part[] = [];
      let usage: Usage | undefined;
      for await (const chunk of await client.models.generateContentStream(paramsOf(ask))) {
        usage = chunk.usageMetadata ?? usage;
        parts.push(...(chunk.candidates?.[0]?.content?.parts ?? []));
        if (chunk.text === undefined || chunk.text === '') continue;
        pieces.push(chunk.text);
        ask.onText?.(chunk.text);
      }
      return { ...hear(parts, usage), pieces };
    },
  };
}

function hear(parts: readonly Part[], usage: Usage | undefined): Heard {
  const textOf = (wanted: (part: Part) => boolean): string =>
    parts
      .filter(wanted)
      .map((part) => part.text ?? '')
      .join('');
  const thoughts = textOf((part) => part.thought === true);
  return {
    text: textOf((part) => part.thought !== true),
    ...(thoughts !== '' && { reasoning: thoughts }),
    calls: parts.flatMap(({ functionCall: call }) =>
      call === undefined ? [] : [{ id: call.id ?? '', name: call.name ?? '', arguments: asObject(call.args as JsonValue) ?? {} }],
    ),
    usage: usage && { input: usage.promptTokenCount ?? 0, output: (usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0) },
    turn: { role: 'model', parts: [...parts] } satisfies Content,
  };
}

function paramsOf(ask: Ask): GenerateContentParameters {
  return {
    model: ask.model,
    contents: ask.turns.map(contentOf),
    config: {
      ...(ask.system !== undefined && { systemInstruction: ask.system }),
      ...(ask.tools !== undefined && {
        tools: [
          {
            functionDeclarations: ask.tools.map(({ name, description, parameters }) => ({
              name,
              description,
              parametersJsonSchema: parameters,
            })),
          },
        ],
      }),
      ...(ask.schema !== undefined && { responseMimeType: 'application/json', responseJsonSchema: ask.schema }),
      ...(ask.reasoning === true && { thinkingConfig: { includeThoughts: true, thinkingBudget: 1_024 } }),
      ...(ask.signal !== undefined && { abortSignal: ask.signal }),
    },
  };
}

function contentOf(turn: Ask['turns'][number]): Content {
  switch (turn.role) {
    case 'user': {
      const image = turn.image === undefined ? [] : [{ inlineData: { mimeType: turn.image.mediaType, data: turn.image.base64 } }];
      return { role: 'user', parts: [{ text: turn.text }, ...image] };
    }
    case 'assistant':
      return turn.heard.turn as Content;
    case 'tool':
      return {
        role: 'user',
        parts: turn.results.map(({ call, text }) => ({
          functionResponse: { id: call.id, name: call.name, response: { output: text } },
        })),
      };
  }
}
