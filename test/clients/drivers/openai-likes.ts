// Libraries of other vendors whose calls are those of the openai package: the driver is its driver.
import Groq from 'groq-sdk';
import type CurrentOpenAI from 'openai';
import { Portkey } from 'portkey-ai';
import Together from 'together-ai';
import { type Driver, numberIn } from '../support/chat-client.ts';
import { createClient } from './openai.ts';

type Completions = Pick<CurrentOpenAI['chat']['completions'], 'create'>;

const shared = { dialect: 'openai-chat', statusOf: (thrown: unknown) => numberIn(thrown, 'status') } as const;

export const openaiLikeDrivers: readonly Driver[] = [
  {
    ...shared,
    name: 'groq-sdk 1.6.0',
    // It adds `/openai/v1` itself.
    create: ({ url, apiKey }) => createClient(new Groq({ baseURL: url, apiKey }).chat.completions as unknown as Completions),
    triesOfAFailedCall: 1,
  },
  {
    ...shared,
    name: 'together-ai 0.52.0',
    create: ({ url, apiKey }) => createClient(new Together({ baseURL: `${url}/v1`, apiKey }).chat.completions as unknown as Completions),
    triesOfAFailedCall: 1,
  },
  {
    ...shared,
    name: 'portkey-ai 3.1.0',
    create: ({ url, apiKey }) => createClient(portkeyCompletions(new Portkey({ baseURL: `${url}/v1`, apiKey }))),
    triesOfAFailedCall: 1,
  },
];

/** Headers of its own come second, the request's options third. */
function portkeyCompletions({ chat }: Portkey): Completions {
  const create = (body: object, options?: object): unknown => chat.completions.create(body as never, undefined, options as never);
  return { create } as unknown as Completions;
}
