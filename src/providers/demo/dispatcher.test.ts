import { type Dispatcher } from 'undici';
import { describe, expect, it } from 'vitest';
import { turn, demo, hello, post, streamed, recorder, dispatchOptions } from '../../../test/support/demo-client.ts';
import { fakeClock } from '../../../test/support/fake-clock.ts';
import { createDemoDispatcher } from './index.ts';

describe('delivery', () => {
  it('waits for the latency before the head, and keeps the pace after it', async () => {
    const clock = fakeClock();
    const seen = recorder();
    createDemoDispatcher({ clock, random: () => 0 }).dispatch(
      dispatchOptions(streamed({ ...hello, model: 'demo-fast:latency=200,pace=10,tokens=5' })),
      seen,
    );
    await turn();

    clock.advance(199);
    expect(seen.log).toEqual(['request']);
    clock.advance(1);
    expect(seen.log).toEqual(['request', 'head 200', 'data']);
    clock.advance(299);
    expect(seen.log.filter((entry) => entry === 'data')).toHaveLength(3);
    clock.advance(201);
    expect(seen.log.slice(-2)).toEqual(['data', 'end']);
  });

  it('takes as long for a whole answer as it would take to say it', async () => {
    const clock = fakeClock();
    const seen = recorder();
    createDemoDispatcher({ clock, random: () => 0 }).dispatch(dispatchOptions({ ...hello, model: 'demo-fast:pace=10,tokens=20' }), seen);
    await turn();

    clock.advance(1_999);
    expect(seen.log).toEqual(['request']);
    clock.advance(1);
    expect(seen.log.at(-1)).toBe('end');
  });

  it('holds while the reader has paused and goes on when it resumes', async () => {
    const seen = recorder();
    const pausing: Dispatcher.DispatchHandler = {
      ...seen,
      onResponseData(controller, chunk) {
        seen.onResponseData?.(controller, chunk);
        controller.pause();
      },
    };
    demo().dispatch(dispatchOptions(streamed({ ...hello, model: 'demo-fast:tokens=2000' })), pausing);
    await turn();

    expect(seen.log).toEqual(['request', 'head 200', 'data']);
    expect(seen.bytes).toBe(64 * 1024);
    seen.controller?.resume();
    await turn();
    expect(seen.bytes).toBe(128 * 1024);
    for (let round = 0; round < 20; round += 1) {
      seen.controller?.resume();
      await turn();
    }
    expect(seen.log.at(-1)).toBe('end');
    expect(seen.log.filter((entry) => entry === 'end')).toHaveLength(1);
  });

  it('produces nothing after an abort, at whatever point it comes', async () => {
    const clock = fakeClock();
    const dispatcher = createDemoDispatcher({ clock, random: () => 0 });
    const early = recorder();
    const late = recorder();
    dispatcher.dispatch(dispatchOptions(hello), early);
    early.controller?.abort(new Error('gone'));
    dispatcher.dispatch(dispatchOptions(streamed({ ...hello, model: 'demo-fast:pace=10' })), late);
    await turn();
    clock.advance(250);

    late.controller?.abort(new Error('gone'));
    const at = late.log.length;
    clock.advance(10_000);
    await turn();

    expect(early.log).toEqual(['request', 'error gone']);
    expect(late.log.at(-1)).toBe('error gone');
    expect(late.log).toHaveLength(at);
    expect(late.controller?.aborted).toBe(true);
  });

  it('never sends a head for slowhead within two minutes, and nothing more after stall', async () => {
    const clock = fakeClock();
    const dispatcher = createDemoDispatcher({ clock, random: () => 0 });
    const slow = recorder();
    const stalled = recorder();
    dispatcher.dispatch(dispatchOptions({ ...hello, model: 'demo-fast:fail=slowhead' }), slow);
    dispatcher.dispatch(dispatchOptions(streamed({ ...hello, model: 'demo-fast:fail=stall,after=2' })), stalled);
    await turn();

    clock.advance(119_999);
    expect(slow.log).toEqual(['request']);
    expect(stalled.log).toEqual(['request', 'head 200', 'data']);
    clock.advance(1);
    expect(slow.log.at(-1)).toBe('end');
    expect(stalled.log.at(-1)).toBe('data');
  });

  it('is given up on like a real provider: no head in time, no data in time, but not while the reader has paused', async () => {
    const clock = fakeClock();
    const dispatcher = createDemoDispatcher({ clock, random: () => 0 });
    const send = (model: string, handler: Dispatcher.DispatchHandler): boolean =>
      dispatcher.dispatch({ ...dispatchOptions(streamed({ ...hello, model })), headersTimeout: 1_000, bodyTimeout: 500 }, handler);
    const [slow, stalled, slack, paused] = [recorder(), recorder(), recorder(), recorder()];
    send('demo-fast:fail=slowhead', slow);
    send('demo-fast:fail=stall,after=1', stalled);
    send('demo-fast:pace=1', slack);
    send('demo-fast:fail=stall,after=1', paused);
    await turn();
    paused.controller?.pause();

    clock.advance(499);
    expect(stalled.log.at(-1)).toBe('data');
    clock.advance(1);
    expect(stalled.log.at(-1)).toBe('error Body Timeout Error');
    expect(slack.log.at(-1)).toBe('error Body Timeout Error');
    expect(slow.log).toEqual(['request']);
    clock.advance(500);
    expect(slow.log).toEqual(['request', 'error Headers Timeout Error']);
    expect(paused.log.at(-1)).toBe('data');
    paused.controller?.resume();
    await turn();
    clock.advance(500);
    expect(paused.log.at(-1)).toBe('error Body Timeout Error');
  });

  it('ends the request whose handler throws, and no other', async () => {
    const dispatcher = demo();
    const seen = recorder();
    const throwing: Dispatcher.DispatchHandler = {
      ...seen,
      onResponseData() {
        throw new Error('handler bug');
      },
    };
    dispatcher.dispatch(dispatchOptions(hello), throwing);
    await turn();

    expect(seen.log).toEqual(['request', 'head 200', 'error handler bug']);
    expect((await post(dispatcher, '/chat/completions', hello)).status).toBe(200);
  });

  it('finishes what runs when it closes, breaks it off when it is destroyed, and takes nothing after', async () => {
    const clock = fakeClock();
    const dispatcher = createDemoDispatcher({ clock, random: () => 0 });
    const running = recorder();
    dispatcher.dispatch(dispatchOptions({ ...hello, model: 'demo-fast:latency=50' }), running);
    await turn();
    let closed = false;
    const closing = dispatcher.close().then(() => {
      closed = true;
    });

    await turn();
    expect(closed).toBe(false);
    clock.advance(50);
    await closing;
    expect(running.log.at(-1)).toBe('end');
    await expect(post(dispatcher, '/chat/completions', hello)).rejects.toMatchObject({ code: 'UND_ERR_CLOSED' });

    const other = createDemoDispatcher({ clock, random: () => 0 });
    const broken = recorder();
    other.dispatch(dispatchOptions({ ...hello, model: 'demo-fast:latency=50' }), broken);
    await other.destroy();
    expect(broken.log.at(-1)).toMatch(/^error /);
  });
});
