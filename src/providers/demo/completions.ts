// The older completions endpoint: one prompt, text back.
import { asArray, asNumber, type JsonObject, type JsonValue } from '../../core/json.ts';
import { fill, stopAt, talk } from './compose-answer.ts';
import { createdSeconds } from './models.ts';
import { badRequest } from './problem.ts';
import { readStops } from './read-openai.ts';
import type { StreamScript } from './reply.ts';
import { countTokens, cutToTokens, splitTokens } from './tokens.ts';
import { openaiProblem, openaiUsage, type WriteContext } from './write-openai.ts';

/** The vendor's own default. */
const usualMaxTokens = 16;

export interface Completion {
  readonly choices: readonly { readonly text: string; readonly finish: 'stop' | 'length' }[];
  readonly usage: {
    readonly fresh: number;
    readonly cached: 0;
    readonly written: 0;
    readonly writtenForAnHour: 0;
    readonly output: number;
    readonly reasoning: 0;
  };
}

export function composeCompletion(body: JsonObject, context: WriteContext): Completion {
  const prompts = readPrompts(body.prompt);
  const count = Math.min(16, Math.max(1, Math.floor(asNumber(body.n) ?? 1)));
  const maxTokens = asNumber(body.max_tokens) ?? usualMaxTokens;
  const stops = readStops(body.stop);
  const choices = prompts.flatMap((prompt) =>
    Array.from({ length: count }, () => {
      const { tokens } = context.options;
      const plain = tokens === undefined ? talk({ model: context.model, turns: [] }, prompt) : fill(tokens);
      const { text } = stopAt(plain, stops);
      const kept = cutToTokens(text, maxTokens);
      return {
        text: body.echo === true ? prompt + kept : kept,
        finish: kept.length < text.length ? ('length' as const) : ('stop' as const),
      };
    }),
  );
  const fresh = prompts.reduce((sum, prompt) => sum + countTokens(prompt), 0);
  const output = choices.reduce((sum, choice) => sum + countTokens(choice.text), 0);
  return { choices, usage: { fresh, cached: 0, written: 0, writtenForAnHour: 0, output, reasoning: 0 } };
}

export function writeCompletion(completion: Completion, context: WriteContext): string {
  const usage = openaiUsage(completion.usage, context.options.usage);
  return JSON.stringify({
    ...head(context),
    choices: completion.choices.map(({ text, finish }, index) => ({
      text,
      index,
      logprobs: null,
      finish_reason: context.options.fault === 'nofinish' ? null : finish,
    })),
    ...(usage !== undefined && { usage }),
  });
}

export function streamCompletion(completion: Completion, context: WriteContext): StreamScript {
  const frame = (fields: object): string => `data: ${JSON.stringify({ ...head(context), ...fields })}\n\n`;
  const piece = (index: number, text: string, finish: string | null): string =>
    frame({ choices: [{ text, index, logprobs: null, finish_reason: finish }] });
  const usage = openaiUsage(completion.usage, context.options.usage);
  return {
    opening: [],
    reopening: [`data: ${JSON.stringify({ ...head(context), id: 'cmpl-demoother', choices: [] })}\n\n`],
    content: completion.choices.flatMap(({ text }, index) =>
      splitTokens(text, context.options.chunk).map((part) => piece(index, part, null)),
    ),
    finish: completion.choices.map(({ finish }, index) => piece(index, '', finish)),
    usage: context.includeUsage && usage !== undefined ? [frame({ choices: [], usage })] : [],
    done: ['data: [DONE]\n\n'],
    failure: `data: ${openaiProblem({ status: 500, message: 'The demo simulator failed in mid-stream, as it was asked to.' })}\n\n`,
  };
}

function head(context: WriteContext): object {
  return { id: `cmpl-demo${context.digest.slice(0, 24)}`, object: 'text_completion', created: createdSeconds, model: context.model };
}

function readPrompts(prompt: JsonValue | undefined): readonly string[] {
  if (typeof prompt === 'string') return [prompt];
  const items = asArray(prompt);
  if (items === undefined || items.length === 0) throw badRequest('prompt', 'prompt is a string or a non-empty array');
  if (items.every((item) => typeof item === 'number')) return [items.join(' ')];
  return items.map((item) => (typeof item === 'string' ? item : (asArray(item) ?? []).join(' ')));
}
