// Rows 3, 6 and 7: what retries, fallbacks and recoveries may do to providers and to the bill.
import { openaiError } from '../support/canned-replies.ts';
import { dying, intact, refusing, type Side, type Turn } from './replies.ts';
import { claim, type FaultRow, times } from './row.ts';

const sides: readonly Side[] = ['openai', 'anthropic'];

export const failsBeforeItWorks: FaultRow = {
  row: 3,
  name: 'failures before the answer: retries and fallbacks charge once',
  async play({ draw, call }, alone) {
    const operations = await Promise.all(
      times(5, () => {
        const side = draw.pick(sides);
        const stream = draw.chance(0.5);
        const form = { side, stream };
        const failures = times(draw.int(1, 2), () =>
          draw.chance(0.7) ? refusing(draw, side, [500, 502, 503]) : dying(draw, { side, stream: false }, ['close']),
        );
        const helpsItself = draw.chance(0.5);
        return call({
          side,
          dialect: draw.pick(sides),
          stream,
          turns: helpsItself ? [...failures, intact(draw, form)] : [refusing(draw, side, [401, 500, 529])],
          ...(!helpsItself && { fallback: [intact(draw, { side: side === 'openai' ? 'anthropic' : 'openai', stream })] }),
        });
      }),
    );
    if (alone) for (const { saw, mark } of operations) claim(saw.status === 200, `${mark}: ${saw.status} ${saw.text.slice(0, 200)}`);
  },
};

export const failsOften: FaultRow = {
  row: 6,
  name: 'an upstream that fails three of ten times',
  options: { env: { MPC_ROUTING_CIRCUIT_BREAKER: 'on' } },
  async play(world, alone) {
    const { draw, call, providers } = world;
    const calls = alone ? 200 : 40;
    world.answerAll((side, stream) => (draw.chance(0.3) ? refusing(draw, side, [500, 502]) : intact(draw, { side, stream })));
    const before = providers.openai.requests.length;
    let started = 0;
    await Promise.all(
      times(8, async () => {
        while (started < calls) {
          started += 1;
          await call({ stream: draw.chance(0.3) });
        }
      }),
    );
    const asked = providers.openai.requests.length - before;
    if (alone) claim(asked <= calls * 1.2, `${asked} upstream requests for ${calls} calls`);
  },
};

export const comesBack: FaultRow = {
  row: 7,
  name: 'everybody waits for a rest to end, or for one answer',
  options: { env: { MPC_ROUTING_CIRCUIT_BREAKER: 'on', MPC_CACHE_MODE: 'on-request' } },
  async play(world, alone) {
    const { draw, call, providers } = world;
    const limited: Turn = { reply: { ...openaiError(429), headers: { 'content-type': 'application/json', 'retry-after-ms': '150' } } };
    await call({ turns: [limited], more: { fallbacks: [] } });
    const seen = providers.openai.requests.length;
    // The probe is slow: whoever does not wait for its result shows up at the provider beside it.
    let beside = 0;
    let probing = true;
    world.answerAll((side, stream) => {
      if (probing) beside += 1;
      const turn = intact(draw, { side, stream });
      return { ...turn, reply: { ...turn.reply, headDelayMs: 60 } };
    });
    const waiters = times(draw.int(10, 40), () => call().then((operation) => ((probing = false), operation)));
    await Promise.all(waiters);
    if (alone) {
      claim(providers.openai.requests.length > seen, 'the provider was never asked again');
      claim(beside <= 3, `${beside} calls before the probe had come back`);
    }

    const prompt = `one question ${world.mark().replace('op', 'q')}`;
    const same = await Promise.all(times(draw.int(5, 30), () => call({ prompt, headers: { 'x-mpc-cache': 'on' }, side: 'anthropic' })));
    const asked = providers.anthropic.requests.filter(({ body }) => body.includes(prompt)).length;
    if (!alone) return;
    claim(asked === 1, `${asked} upstream calls for one question`);
    claim(
      same.every(({ saw }) => saw.status === 200),
      'not everybody got the one answer',
    );
  },
};
