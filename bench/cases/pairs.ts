// Streams from every grammar that providers speak to every grammar that clients speak. The two pairs of `cpu.ts` are not repeated.
import { clientDialects, upstreamDialects, type WireDialect } from '../wire/wire-dialect.ts';
import type { Case } from './case.ts';
import { requestCase } from './cpu.ts';

const names: Readonly<Record<WireDialect, string>> = {
  openai: 'OpenAI chat',
  responses: 'OpenAI Responses',
  anthropic: 'Anthropic',
  gemini: 'Gemini',
  bedrock: 'Bedrock',
  cohere: 'Cohere',
  ollama: 'Ollama',
};

const elsewhere = new Set(['anthropic openai', 'openai anthropic']);

/** Only run when they are asked for: they take half an hour. */
export const pairCases: readonly Case[] = clientDialects.flatMap((client) =>
  upstreamDialects
    .filter((upstream) => upstream !== client && !elsewhere.has(`${client} ${upstream}`))
    .map((upstream) =>
      requestCase({
        id: `cross-${client}-${upstream}`,
        title: `cross-dialect stream of 100 chunks, ${names[client]} client, ${names[upstream]} upstream`,
        about: 'Every event is translated. nginx and bare Node hand on the same upstream bytes untouched.',
        most: 12,
        route: { client, upstream },
        bodyBytes: 1024,
        stream: { chunks: 100, gapMs: 0 },
      }),
    ),
);
