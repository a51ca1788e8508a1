import { expect, it } from 'vitest';
import { systemClock } from '../core/clock.ts';
import { openai } from '../providers/openai.ts';
import { createUpstreams } from './upstreams.ts';

const settings = { connectMs: 1, firstByteMs: 2, wholeFirstByteMs: 3, idleMs: 4, totalMs: 5 };

it('gives a call no time limit of its own: the settings limit the exchange, and a timer for each call would cost each of them', () => {
  const { byId } = createUpstreams({
    connections: [{ id: 'one', provider: 'openai', baseUrl: 'http://127.0.0.1:9', headers: {}, models: [], timeouts: {} }],
    definitionOf: () => openai,
    timeouts: settings,
    clock: systemClock,
    builtIn: () => {
      throw new Error('nothing is built in here');
    },
  });

  expect(byId.get('one')?.timeouts).toEqual({ ...settings, totalMs: undefined });
});
