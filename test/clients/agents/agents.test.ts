import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { anthropicError } from '../../support/canned-replies.ts';
import type { SeenRequest } from '../../support/fake-upstream.ts';
import { begin, say } from '../support/answers.ts';
import { type Received, readReceived } from '../support/received.ts';
import { modelBehind, setStage, type Stage, upstreamKeys } from '../support/stage.ts';
import { type Agent, type AgentPrompt, agents, noAgents } from './agents.ts';

const command = 'echo forty-two > made.txt && cat made.txt';
/** All of them have to be translated for this one, but the one that speaks its grammar. */
const behind = 'anthropic-messages';
const model = modelBehind[behind];
/** What one prompt may cost at a provider that fails whatever is asked: the agents' own retries, times what the gateway adds. */
const mostRequests = 30;

describe.skipIf(noAgents !== undefined)(
  `command-line agents${noAgents === undefined ? '' : ` (skipped: ${noAgents})`}`,
  { timeout: 120_000 },
  () => {
    let stage: Stage;
    // One for each test: what a failing provider taught the gateway is nothing to the next.
    beforeEach(async () => {
      stage = await setStage({ breaker: 'on' });
    });
    afterEach(() => stage?.close());

    const seen = (): readonly SeenRequest[] => stage.upstreams[behind].requests;
    const ask = (agent: Agent, more: Pick<AgentPrompt, 'limitMs' | 'signal'> = {}) =>
      agent.run({ text: 'Make the file', url: stage.gateway.url, apiKey: stage.key, model, ...more });
    /** The agents ask small things beside the prompt itself (titles, memories), in any order. */
    const isPrompt = (agent: Agent, received: Received): boolean =>
      received.tools.some((tool) => tool.name === agent.shellCall(command).name);

    describe.each(agents.map((agent) => ({ name: agent.name, agent })))('$name', ({ agent }) => {
      it('prints the answer to a prompt', async () => {
        stage.upstreams[behind].respond(say({ text: 'Grüße aus Wien' }));

        const session = await ask(agent);

        expect(session).toMatchObject({ exitCode: 0, out: expect.stringContaining('Grüße aus Wien') });
        const received = seen().map(readReceived);
        const [prompt] = received.filter((one) => isPrompt(agent, one));
        expect(prompt).toMatchObject({ stream: true, model: model.split('/')[1], key: upstreamKeys[behind] });
        expect(prompt?.users.join()).toContain('Make the file');
        expect((await stage.entries()).at(-1)).toMatchObject({ dialect: agent.dialect, requested_model: model, status: 200 });
      });

      it('runs its shell and gives the output back', async () => {
        stage.upstreams[behind].respond((request) => {
          const received = readReceived(request);
          if (!isPrompt(agent, received)) return say({ text: 'Nothing' })(request);
          const [result] = received.results;
          if (result !== undefined) return say({ text: `It printed ${result.text}` })(request);
          return say({ calls: [{ id: 'toolu_shell', ...agent.shellCall(command) }] })(request);
        });

        const session = await ask(agent);

        expect(session).toMatchObject({ exitCode: 0, out: expect.stringContaining('forty-two') });
        expect(readFileSync(join(session.folder, 'made.txt'), 'utf8')).toBe('forty-two\n');
        const prompts = seen()
          .map(readReceived)
          .filter((one) => isPrompt(agent, one));
        expect(prompts).toHaveLength(2);
        expect(prompts[1]?.calls).toMatchObject([{ id: 'toolu_shell', name: agent.shellCall(command).name }]);
        expect(prompts[1]?.results).toMatchObject([{ id: 'toolu_shell', text: expect.stringContaining('forty-two') }]);
      });

      it('stops the provider when it is stopped itself', async () => {
        const upstream = stage.upstreams[behind];
        upstream.respond(begin('The beginning of a', { then: 'stall' }));
        const controller = new AbortController();

        const running = ask(agent, { signal: controller.signal }).catch((thrown: unknown) => thrown);
        const request = await upstream.request(0);
        controller.abort();

        expect(await request.aborted).toBeLessThan(30_000);
        await running;
      });

      it.each([
        { trouble: 'a lasting 429', reply: anthropicError(429, 'rate_limit_error') },
        { trouble: 'a provider that dies in mid-stream every time', reply: begin('The beginning of a', { then: 'reset' }) },
      ])('does not loop at $trouble', async ({ reply }) => {
        stage.upstreams[behind].respond(reply);

        // Some give up with a reason; those that wait for better times are stopped here.
        const ended = await ask(agent, { limitMs: 20_000 }).then(
          (session) => session,
          (thrown: unknown) => thrown,
        );

        const count = seen().length;
        expect(count).toBeGreaterThan(0);
        expect(count, JSON.stringify(ended)).toBeLessThanOrEqual(mostRequests);
      });
    });
  },
);
