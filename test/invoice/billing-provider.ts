// A provider that keeps its own books: for each request it draws how it behaves, and notes what it bills for that, in nano-USD.
// It bills what it has said: the usage it told, and for an answer that broke off before it told one, the text that it sent.
import { anthropicError, anthropicFrames, openaiError, streamOf } from '../support/canned-replies.ts';
import { Draw } from '../support/draw.ts';
import { type FakeUpstream, type Reply, type SeenRequest, startUpstream } from '../support/fake-upstream.ts';

export type Side = 'openai' | 'anthropic';

/** Nano-USD a token: input, cached input, output. */
const prices: Readonly<Record<Side, readonly [bigint, bigint, bigint]>> = {
  openai: [150n, 75n, 600n],
  anthropic: [1_000n, 100n, 5_000n],
};

export interface InvoiceLine {
  nanoUsd: bigint;
  /** What was done for it. */
  readonly deeds: string[];
}

export interface BillingProvider {
  readonly upstream: FakeUpstream;
  /** What it billed, a line for each call it was part of. */
  readonly invoice: ReadonlyMap<string, InvoiceLine>;
  /** How often it did what. */
  readonly deeds: ReadonlyMap<string, number>;
}

/** The last piece of text before silence: who sees it has all that was billed. */
export const lastWord = 'zyxw';
const word = 'abcd';
/** Without a final count it bills a token for 3.6 characters, rounded up. */
const uncounted = (chars: number): number => Math.ceil(chars / 3.6);

export async function startBillingProvider(side: Side, seed: number): Promise<BillingProvider> {
  const draw = new Draw(seed);
  const deeds = new Map<string, number>();
  const invoice = new Map<string, InvoiceLine>();
  let line: InvoiceLine = { nanoUsd: 0n, deeds: [] };
  const bill = (input: number, cached: number, output: number): void => {
    const [inputPrice, cachedPrice, outputPrice] = prices[side];
    line.nanoUsd += BigInt(input - cached) * inputPrice + BigInt(cached) * cachedPrice + BigInt(output) * outputPrice;
  };
  const note = (deed: string, reply: Reply): Reply => {
    deeds.set(deed, (deeds.get(deed) ?? 0) + 1);
    line.deeds.push(deed);
    return reply;
  };

  const answer = (request: SeenRequest): Reply => {
    if (request.method !== 'POST') return { status: 404, body: '{}' };
    const text = request.body.toString('utf8');
    const mark = /call-\d+/.exec(text)?.[0] ?? '';
    line = invoice.get(mark) ?? { nanoUsd: 0n, deeds: [] };
    invoice.set(mark, line);
    const leaves = text.includes('I will leave');
    const stream = text.includes('"stream":true');
    const input = draw.int(1, 4_000);
    const cached = draw.chance(0.3) ? draw.int(0, input) : 0;
    const words = draw.int(1, 12);
    const fate = draw.next();

    if (leaves) {
      if (!stream) return note('silence', { headDelayMs: Number.POSITIVE_INFINITY });
      const frames = writeFrames(side, { input, cached, words, last: lastWord });
      const sent = side === 'openai' ? frames.slice(0, words + 2) : frames.slice(0, words + 4);
      bill(input, cached, side === 'openai' ? 2 * (words + 1) : uncounted(4 * (words + 1)));
      return note('a stream that waits until its reader leaves', { ...streamOf(sent), then: 'stall' });
    }
    if (fate < 0.12) {
      const status = draw.pick([429, 500, 502, 503]);
      return note('an error status', side === 'openai' ? openaiError(status) : anthropicError(status, 'api_error'));
    }
    if (stream && fate < 0.24) {
      const frames = writeFrames(side, { input, cached, words, last: word });
      // After the head of the message and before any content; or in the midst of it.
      if (side === 'anthropic' && draw.chance(0.4)) {
        bill(input, cached, 1);
        return note('an end before the content', { ...streamOf(frames.slice(0, 1)), then: 'close' });
      }
      const shown = draw.int(1, words);
      bill(input, cached, side === 'openai' ? 2 * shown : uncounted(4 * shown));
      return note('an end in the midst of it', {
        ...streamOf(side === 'openai' ? frames.slice(0, shown + 1) : frames.slice(0, shown + 3)),
        then: 'close',
      });
    }
    bill(input, cached, 2 * (words + 1));
    if (stream) return note('a stream', { ...streamOf(writeFrames(side, { input, cached, words, last: word })), gapMs: 0 });
    return note('a whole answer', writeWhole(side, { input, cached, words }));
  };

  const upstream = await startUpstream(answer);
  return { upstream, invoice, deeds };
}

interface Words {
  readonly input: number;
  readonly cached: number;
  readonly words: number;
}

/** One frame a word; OpenAI's carry the running total, as servers with continuous usage send it. */
function writeFrames(side: Side, { input, cached, words, last }: Words & { readonly last: string }): string[] {
  const said = [...Array.from({ length: words }, () => word), last];
  if (side === 'anthropic') {
    return [
      ...anthropicFrames({
        text: said.map((one) => ` ${one.slice(1)}`).join(''),
        inputTokens: input,
        cachedTokens: cached,
        outputTokens: 2 * said.length,
      }),
    ];
  }
  const head = { id: 'chatcmpl-billed', object: 'chat.completion.chunk', created: 1_767_225_600, model: 'gpt-billed' };
  const usage = (output: number): object => ({
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached },
  });
  const chunk = (choices: object[], output: number): string => `data: ${JSON.stringify({ ...head, choices, usage: usage(output) })}\n\n`;
  const delta = (fields: object, finish: string | null = null): object[] => [{ index: 0, delta: fields, finish_reason: finish }];
  return [
    chunk(delta({ role: 'assistant', content: '' }), 0),
    ...said.map((content, index) => chunk(delta({ content }), 2 * (index + 1))),
    chunk(delta({}, 'stop'), 2 * said.length),
    chunk([], 2 * said.length),
    'data: [DONE]\n\n',
  ];
}

function writeWhole(side: Side, { input, cached, words }: Words): Reply {
  const text = word.repeat(words + 1);
  const output = 2 * (words + 1);
  const headers = { 'content-type': 'application/json' };
  const body =
    side === 'openai'
      ? {
          id: 'chatcmpl-billed',
          object: 'chat.completion',
          created: 1_767_225_600,
          model: 'gpt-billed',
          choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
          usage: {
            prompt_tokens: input,
            completion_tokens: output,
            total_tokens: input + output,
            prompt_tokens_details: { cached_tokens: cached },
          },
        }
      : {
          id: 'msg_billed',
          type: 'message',
          role: 'assistant',
          model: 'claude-billed',
          content: [{ type: 'text', text }],
          stop_reason: 'end_turn',
          stop_sequence: null,
          usage: { input_tokens: input - cached, cache_read_input_tokens: cached, cache_creation_input_tokens: 0, output_tokens: output },
        };
  return { headers, body: JSON.stringify(body) };
}
