// Rows 2, 8, 9, 10 and 18: what clients do to us.
import { requestBytes, sayRaw, statusesIn } from '../support/fault-client.ts';
import { drawTold, dying, intact, rechopped, silent, type Side, type Turn, write } from './replies.ts';
import { claim, type FaultRow, times } from './row.ts';
import type { CallWish, World } from './world.ts';

const sides: readonly Side[] = ['openai', 'anthropic'];

export const clientsLeave: FaultRow = {
  row: 2,
  name: 'clients that leave before the head, in mid-stream, or while a whole answer comes',
  async play({ draw, call }) {
    await Promise.all(
      times(6, () => {
        const side = draw.pick(sides);
        const stream = draw.chance(0.6);
        const form = { side, stream };
        const wish: CallWish = { side, dialect: draw.pick(sides), stream };
        switch (draw.int(0, 3)) {
          case 0:
            return call({ ...wish, turns: [silent], leave: { beforeHead: draw.int(0, 150) } });
          case 1:
            return call({ ...wish, turns: [dying(draw, form, ['stall'])], leave: { beforeHead: draw.int(0, 150) } });
          case 2:
            return call({
              ...wish,
              turns: [{ reply: { ...intact(draw, form).reply, then: 'stall', framing: 'chunked' } }],
              leave: { afterBytes: draw.int(1, 400) },
            });
          default:
            return call({ ...wish, turns: [rechopped(draw, intact(draw, form))], leave: { afterBytes: draw.int(1, 300) } });
        }
      }),
    );
  },
};

export const sendsItAgainAndAgain: FaultRow = {
  row: 8,
  name: 'a client that sends one prompt again and again',
  async play({ draw, call, mark, providers, operations }, alone) {
    const prompt = `stuck-${draw.int(1, 1e9)}`;
    const before = providers.openai.requests.length;
    const headers = { 'x-session-id': `stuck-${mark()}` };
    const last = [];
    for (let i = 0; i < 14; i += 1) {
      const { saw } = await call({ prompt, headers, stream: true, turns: [dying(draw, { side: 'openai', stream: true }, ['close'])] });
      last.push(saw);
    }
    const asked = providers.openai.requests.slice(before).filter(({ body }) => body.includes(prompt)).length;
    if (!alone) return;
    claim(asked <= 10, `${asked} upstream calls for one stuck prompt`);
    claim(last.at(-1)?.status === 429, `the stuck client is told ${last.at(-1)?.status}`);
    claim(last.at(-1)?.text.includes('same prompt') === true, 'the refusal does not say why');
    claim(last.at(-1)?.headers['retry-after'] !== undefined && operations.length >= 14, 'no retry-after');
  },
};

export const readsSlowly: FaultRow = {
  row: 9,
  name: 'clients that read slowly',
  options: { env: { MPC_TIMEOUTS_IDLE_MS: '4000' } },
  async play({ draw, call }, alone) {
    const long = (side: Side): Turn => {
      const text = times(draw.int(40, 150), (index) => `${index}-${'lorem-'.repeat(draw.int(50, 300))}`).join(' ');
      const told = drawTold(draw);
      return { text, told, reply: write({ side, stream: true }, { text, told }) };
    };
    const slow = times(3, () => {
      const side = draw.pick(sides);
      return call({ side, dialect: draw.pick(sides), stream: true, turns: [long(side)], readGapMs: draw.int(1, 6) });
    });
    const quick = await Promise.all(times(4, () => call({ turns: [intact(draw, { side: 'openai', stream: false })] })));
    const all = [...quick, ...(await Promise.all(slow))];
    if (alone)
      claim(
        all.every(({ saw }) => saw.status === 200 && saw.end === 'complete'),
        'not everybody got the answer',
      );
  },
};

export const writesSlowly: FaultRow = {
  row: 10,
  name: 'clients that write slowly, too much, or what is no request',
  options: { env: { MPC_SERVER_HEADER_TIMEOUT_MS: '300', MPC_SERVER_BODY_TIMEOUT_MS: '600' } },
  async play(world, alone) {
    const { draw, url, call } = world;
    const bad = times(5, () =>
      sayRaw(url, rawPieces(world), { gapMs: draw.int(0, 20), then: draw.pick(['wait', 'half-close', 'reset']), limitMs: 1_500 }),
    );
    const good = await Promise.all(times(4, () => call({ stream: draw.chance(0.5) })));
    const said = await Promise.all(bad);
    for (const text of said) {
      const statuses = statusesIn(text);
      claim(
        statuses.every((status) => status < 500),
        `a bad request was answered with ${statuses.join()}`,
      );
      for (const secret of world.secrets) claim(!text.includes(secret), 'a secret was shown');
    }
    const pipelined = await sayRaw(url, [times(3, () => pipelinedRequest(world)).join('')], { limitMs: alone ? 400 : 200 });
    if (!alone) return;
    claim(
      good.every(({ saw }) => saw.status === 200),
      'healthy calls suffered',
    );
    claim(statusesIn(pipelined).join() === '200,200,200', `three requests in one write got ${statusesIn(pipelined).join()}`);
  },
};

function pipelinedRequest({ bodyFor, mark, key }: World): string {
  const { path, body } = bodyFor(mark());
  return requestBytes(path, body, { authorization: `Bearer ${key}` });
}

function rawPieces(world: World): (string | Buffer)[] {
  const { draw, key } = world;
  const { path, body } = world.bodyFor(world.mark());
  const headers = { authorization: `Bearer ${key}` };
  const whole = requestBytes(path, body, headers);
  switch (draw.int(0, 7)) {
    case 0: // slow loris: a header that never ends
      return times(60, (index) => (index === 0 ? `POST ${path} HTTP/1.1\r\nhost: localhost\r\n` : `x-${index}: y\r\n`));
    case 1: // a body that comes byte by byte, and stops
      return draw.chop(Buffer.from(whole.slice(0, draw.int(1, whole.length - 1))), 30);
    case 2: // more was promised than comes
      return [requestBytes(path, body, { ...headers, 'content-length': String(Buffer.byteLength(body) + draw.int(1, 500)) })];
    case 3: // less was promised: what follows is taken for the next request
      return [requestBytes(path, body, { ...headers, 'content-length': String(draw.int(0, Buffer.byteLength(body) - 1)) })];
    case 4:
      return [requestBytes(path, body, { ...headers, ...Object.fromEntries(times(200, (index) => [`x-h${index}`, 'v'])) })];
    case 5:
      return [requestBytes(path, body, { ...headers, 'x-big': 'v'.repeat(80_000) })];
    case 6:
      return [requestBytes(path, body, { ...headers, 'transfer-encoding': 'chunked' })];
    default:
      return draw.chop(Buffer.from(times(draw.int(1, 400), () => draw.int(0, 255))));
  }
}

export const stallsTheLoop: FaultRow = {
  row: 18,
  name: 'bodies that are hard to read',
  // The scripted provider shares this process and reads them, too.
  options: { env: { MPC_TIMEOUTS_FIRST_BYTE_MS: '5000' } },
  async play(world, alone) {
    const { draw, call } = world;
    const hard = times(3, () => call({ more: hardMember(world), stream: draw.chance(0.5) }));
    const easy = await Promise.all(times(4, () => call()));
    const all = await Promise.all(hard);
    if (!alone) return;
    claim(
      easy.every(({ saw }) => saw.status === 200),
      'healthy calls suffered',
    );
    claim(
      all.every(({ saw }) => [200, 400, 413].includes(saw.status ?? 0)),
      `hard bodies got ${all.map(({ saw }) => saw.status).join()}`,
    );
  },
};

function hardMember({ draw }: World): Readonly<Record<string, unknown>> {
  switch (draw.int(0, 3)) {
    case 0:
      return { metadata: Object.fromEntries(times(draw.int(10_000, 60_000), (index) => [`k${index}`, index])) };
    case 1: {
      let nested: unknown = 1;
      for (let depth = draw.int(400, 3_000); depth > 0; depth -= 1) nested = [nested];
      return { extra: nested };
    }
    case 2:
      return { user: '\\'.repeat(draw.int(100_000, 1_000_000)) };
    default:
      return { ['__proto__x']: times(draw.int(50_000, 200_000), () => 0) };
  }
}
