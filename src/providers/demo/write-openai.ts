// The simulator's answer in the grammar of OpenAI chat, whole and streamed.
import { createHash } from 'node:crypto';
import type { Answer, AnswerChoice, AnswerUsage } from './compose-answer.ts';
import { createdSeconds } from './models.ts';
import type { DemoOptions } from './options.ts';
import type { ProblemFacts } from './problem.ts';
import type { StreamScript } from './reply.ts';
import { splitTokens } from './tokens.ts';

export interface WriteContext {
  /** Hex digest of the request: every id comes from it, so the same request has the same answer. */
  readonly digest: string;
  readonly model: string;
  readonly options: DemoOptions;
  readonly includeUsage: boolean;
}

export function writeOpenai(answer: Answer, context: WriteContext): string {
  const usage = openaiUsage(answer.usage, context.options.usage);
  return JSON.stringify({
    id: `chatcmpl-demo${context.digest.slice(0, 24)}`,
    object: 'chat.completion',
    created: createdSeconds,
    model: context.model,
    choices: answer.choices.map((choice, index) => ({
      index,
      message: {
        role: 'assistant',
        content: choice.text === '' && (choice.calls.length > 0 || choice.refusal !== '') ? null : choice.text,
        refusal: choice.refusal === '' ? null : choice.refusal,
        ...(choice.reasoning !== '' && { reasoning_content: choice.reasoning }),
        ...(choice.calls.length > 0 && {
          tool_calls: choice.calls.map((call, position) => ({
            id: callId(context.digest, index, position),
            type: 'function',
            function: { name: call.name, arguments: call.arguments },
          })),
        }),
      },
      logprobs: null,
      finish_reason: context.options.fault === 'nofinish' ? null : finishReason(choice),
    })),
    ...(usage !== undefined && { usage }),
    system_fingerprint: 'fp_mpc_demo',
  });
}

/** The fixed text around a delta is made once per stream, so that a frame costs one concatenation. */
export function streamOpenai(answer: Answer, context: WriteContext): StreamScript {
  const { options } = context;
  const content: string[] = [];
  const opening: string[] = [];
  const finish: string[] = [];
  for (const [index, choice] of answer.choices.entries()) {
    const frame = frameWriter(context, index);
    opening.push(frame('{"role":"assistant","content":"","refusal":null}'));
    content.push(...contentDeltas(choice, context, index).map((delta) => frame(delta)));
    finish.push(frame('{}', finishReason(choice)));
  }
  const usage = openaiUsage(answer.usage, options.usage);
  const usageChunk = `data: ${chunkHead(context)}"choices":[],"usage":${JSON.stringify(usage)}}\n\n`;
  return {
    opening,
    reopening: [
      frameWriter(
        { ...context, digest: createHash('sha256').update(context.digest).digest('hex') },
        0,
      )('{"role":"assistant","content":""}'),
    ],
    content,
    finish,
    usage: context.includeUsage && usage !== undefined ? [usageChunk] : [],
    done: ['data: [DONE]\n\n'],
    failure: `data: ${openaiProblem({ status: 500, message: 'The demo simulator failed in mid-stream, as it was asked to.' })}\n\n`,
  };
}

function contentDeltas(choice: AnswerChoice, context: WriteContext, index: number): readonly string[] {
  const { chunk } = context.options;
  const deltas = splitTokens(choice.reasoning, chunk).map((piece) => `{"reasoning_content":${JSON.stringify(piece)}}`);
  for (const piece of splitTokens(choice.text, chunk)) deltas.push(`{"content":${JSON.stringify(piece)}}`);
  for (const piece of splitTokens(choice.refusal, chunk)) deltas.push(`{"refusal":${JSON.stringify(piece)}}`);
  for (const [position, call] of choice.calls.entries()) {
    const head = {
      index: position,
      id: callId(context.digest, index, position),
      type: 'function',
      function: { name: call.name, arguments: '' },
    };
    deltas.push(`{"tool_calls":[${JSON.stringify(head)}]}`);
    for (const piece of splitTokens(call.arguments, chunk)) {
      deltas.push(`{"tool_calls":[{"index":${position},"function":{"arguments":${JSON.stringify(piece)}}}]}`);
    }
  }
  return deltas;
}

function frameWriter(context: WriteContext, index: number): (delta: string, finish?: string) => string {
  const before = `data: ${chunkHead(context)}"choices":[{"index":${index},"delta":`;
  const usage = context.includeUsage ? ',"usage":null' : '';
  const after = `,"logprobs":null,"finish_reason":null}]${usage}}\n\n`;
  return (delta, finish) =>
    finish === undefined ? before + delta + after : `${before}${delta},"logprobs":null,"finish_reason":"${finish}"}]${usage}}\n\n`;
}

function chunkHead(context: WriteContext): string {
  const id = `chatcmpl-demo${context.digest.slice(0, 24)}`;
  return `{"id":"${id}","object":"chat.completion.chunk","created":${createdSeconds},"model":"${context.model}","system_fingerprint":"fp_mpc_demo",`;
}

function callId(digest: string, choice: number, position: number): string {
  return `call_${digest.slice(24, 44)}${choice}${position}`;
}

function finishReason(choice: AnswerChoice): string {
  switch (choice.finish) {
    case 'length':
      return 'length';
    case 'tool-calls':
      return 'tool_calls';
    case 'stop':
    case 'stop-sequence':
    case 'refusal':
      return 'stop';
  }
}

/** `prompt_tokens` includes cached ones, `completion_tokens` includes reasoning. */
export function openaiUsage(usage: AnswerUsage, kind: DemoOptions['usage']): object | undefined {
  if (kind === 'none') return undefined;
  const prompt = usage.fresh + usage.cached + usage.written;
  const completion = usage.output + usage.reasoning;
  if (kind === 'wrong') {
    return {
      prompt_tokens: prompt,
      completion_tokens: completion,
      total_tokens: 1,
      prompt_tokens_details: { cached_tokens: prompt + 1_000 },
      completion_tokens_details: { reasoning_tokens: completion + 1_000 },
    };
  }
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: usage.cached, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

export function openaiProblem(facts: ProblemFacts): string {
  const type = openaiTypes[facts.status] ?? (facts.status >= 500 ? 'server_error' : 'invalid_request_error');
  const error = {
    message: facts.message,
    type: facts.code === 'insufficient_quota' ? facts.code : type,
    param: facts.param ?? null,
    code: facts.code ?? null,
  };
  return JSON.stringify({ error });
}

const openaiTypes: Readonly<Record<number, string>> = {
  401: 'invalid_request_error',
  403: 'invalid_request_error',
  429: 'requests',
};
