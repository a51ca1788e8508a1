import { GoogleGenAI, Type } from '@google/genai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { genaiDrivers, genaiVersions } from '../drivers/google-genai.ts';
import { openaiError } from '../../support/canned-replies.ts';
import { begin, say } from '../support/answers.ts';
import { answerEmbeddings, embeddingModel, inputOf, vectors } from '../support/embeddings.ts';
import { describeClient, failure } from '../support/laws.ts';
import { modelBehind, setStage, type Stage } from '../support/stage.ts';

for (const driver of genaiDrivers) describeClient(driver);

const cases = [
  ['AI Studio paths', false],
  ['Vertex AI paths', true],
] as const;

describe.each(cases)('@google/genai on %s', (_paths, vertexai) => {
  const model = modelBehind['openai-chat'];
  let stage: Stage;
  let client: GoogleGenAI;
  beforeAll(async () => {
    stage = await setStage();
    client = new GoogleGenAI({ vertexai, apiKey: stage.key, httpOptions: { baseUrl: stage.gateway.url } });
  });
  afterAll(() => stage?.close());
  const asked = () => stage.upstreams['openai-chat'].requests;

  it('gets a whole answer and its counts', async () => {
    stage.upstreams['openai-chat'].respond(say({ text: 'Hello there' }));

    const answer = await client.models.generateContent({ model, contents: 'Say hello', config: { systemInstruction: 'Be brief.' } });

    expect(answer.text).toBe('Hello there');
    expect(answer.usageMetadata?.totalTokenCount).toBeGreaterThan(0);
  });

  it('streams', async () => {
    stage.upstreams['openai-chat'].respond(say({ text: 'one two three' }));

    const pieces: string[] = [];
    for await (const chunk of await client.models.generateContentStream({ model, contents: 'Count' })) pieces.push(chunk.text ?? '');

    expect(pieces.join('')).toBe('one two three');
    expect(pieces.length).toBeGreaterThan(1);
  });

  it('works through a tool loop of three turns', async () => {
    const functionDeclarations = [{ name: 'add', parameters: { type: Type.OBJECT, properties: { a: { type: Type.INTEGER } } } }];
    const chat = client.chats.create({ model, config: { tools: [{ functionDeclarations }] } });
    let message: Parameters<typeof chat.sendMessage>[0]['message'] = 'Add';
    for (const turn of [1, 2]) {
      stage.upstreams['openai-chat'].respond(say({ calls: [{ id: `call_${turn}`, name: 'add', arguments: { a: turn } }] }));
      const answer = await chat.sendMessage({ message });
      expect(answer.functionCalls).toMatchObject([{ name: 'add', args: { a: turn } }]);
      message = [{ functionResponse: { name: 'add', id: answer.functionCalls?.[0]?.id ?? '', response: { output: `sum ${turn}` } } }];
    }
    stage.upstreams['openai-chat'].respond(say({ text: 'done' }));

    expect((await chat.sendMessage({ message })).text).toBe('done');
    const { messages } = JSON.parse(asked().at(-1)?.body.toString() ?? '{}') as { messages: { role: string; tool_call_id?: string }[] };
    expect(messages.filter(({ role }) => role === 'tool').map((one) => one.tool_call_id)).toEqual(['call_1', 'call_2']);
  });

  it('hears of a refusal once, in its own words', async () => {
    const before = asked().length;
    stage.upstreams['openai-chat'].respond(openaiError(400, { message: 'this is not possible' }));

    const error = await failure(client.models.generateContent({ model, contents: 'x' }));

    expect(error).toMatchObject({ status: 400, message: expect.stringContaining('this is not possible') as string });
    expect(asked().length - before).toBe(1);
  });

  it('sees a stream that broke off as a failure', async () => {
    stage.upstreams['openai-chat'].respond(begin('one two', { then: 'reset' }));

    const error = await failure(
      (async () => {
        for await (const _chunk of await client.models.generateContentStream({ model, contents: 'x' })) void _chunk;
      })(),
    );

    expect(error).toBeInstanceOf(Error);
  });
});

describe.each(genaiVersions)('$name beyond chat', ({ GoogleGenAI }) => {
  let stage: Stage;
  let client: InstanceType<typeof GoogleGenAI>;
  beforeAll(async () => {
    stage = await setStage();
    client = new GoogleGenAI({ apiKey: stage.key, httpOptions: { baseUrl: stage.gateway.url } });
  });
  afterAll(() => stage?.close());

  it('embeds texts at a provider of another grammar', async () => {
    const upstream = stage.upstreams['openai-chat'];
    upstream.respond(answerEmbeddings('both'));

    const { embeddings } = await client.models.embedContent({ model: embeddingModel, contents: ['one', 'two'] });

    expect(embeddings?.map(({ values }) => values)).toEqual(vectors);
    expect(inputOf(upstream.requests.at(-1))).toEqual(['one', 'two']);
  });

  it('counts tokens', async () => {
    const { totalTokens } = await client.models.countTokens({ model: modelBehind['openai-chat'], contents: 'word '.repeat(1_000) });

    expect(totalTokens).toBeGreaterThan(700);
    expect(totalTokens).toBeLessThan(2_000);
  });

  it('lists models', async () => {
    const names: (string | undefined)[] = [];
    for await (const { name } of await client.models.list()) names.push(name);

    expect(names).toContain(`models/${modelBehind['openai-chat']}`);
  });
});
