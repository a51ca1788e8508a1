import { readFileSync } from 'node:fs';
import { beforeAll, expect, it } from 'vitest';
import type { RunningGateway } from '../support/start-gateway.ts';
import { type Answer, ask, start } from './client.ts';

/** Job types and their steps as existing clients know them. */
const known: Readonly<Record<string, readonly (readonly [step: string, alias: string])[]>> = {
  tariff_video_overlay: [
    ['generate_text', 'tariff-text-flagship'],
    ['layout_overlay_spec', 'layout-spec-strong'],
    ['render_video', 'video-renderer'],
  ],
  campaign_video_overlay: [
    ['generate_campaign_script', 'text_reasoning_flagship'],
    ['breakdown_scenes', 'text_general_flagship'],
    ['layout_overlay_spec', 'text_tariff_precision'],
    ['render_video', 'video_overlay_flagship'],
  ],
  youtube_explainer_video: [
    ['outline_chapters', 'text_reasoning_flagship'],
    ['write_script', 'text_general_flagship'],
    ['generate_thumbnail_prompt', 'image_brand_assets'],
    ['render_thumbnail', 'image_brand_pack_flagship'],
  ],
  tiktok_short_vertical: [
    ['generate_hook_script', 'text_hook_fast'],
    ['storyboard_short', 'text_general_flagship'],
    ['render_vertical_video', 'video_overlay_fast'],
  ],
  brand_pack_assets: [
    ['brand_positioning_summary', 'text_reasoning_flagship'],
    ['script_snippets', 'text_general_draft'],
    ['image_prompt_pack', 'image_brand_pack_flagship'],
  ],
  storyboard_with_frames: [
    ['story_outline', 'text_reasoning_flagship'],
    ['expand_frames', 'text_general_flagship'],
    ['camera_and_motion_notes', 'text_reasoning_flagship'],
  ],
};

interface Plan {
  readonly job_type: string;
  readonly plan: {
    readonly steps: readonly {
      readonly step: string;
      readonly name: string;
      readonly description: string;
      readonly model: string;
      readonly model_alias: string;
      readonly also: readonly string[];
    }[];
  };
}

let gateway: RunningGateway;
beforeAll(async () => {
  gateway = await start();
});
const plan = (body: unknown): Promise<Answer> => ask(gateway, '/api/orchestrate', { body });

it.each(Object.entries(known))('plans %s', async (jobType, steps) => {
  const answer = await plan({ job_type: jobType });

  expect(answer.status, answer.text).toBe(200);
  const planned = answer.json<Plan>();
  expect(planned.job_type).toBe(jobType);
  expect(planned.plan.steps.map((step) => [step.step, step.model])).toEqual(steps);
  for (const step of planned.plan.steps) {
    expect(step.name).toBe(step.step);
    expect(step.model_alias).toBe(step.model);
    expect(step.description).not.toBe('');
  }
});

it('names the further aliases of a step', async () => {
  const { plan: planned } = (await plan({ job_type: 'tariff_video_overlay' })).json<Plan>();

  expect(planned.steps.map((step) => step.also)).toEqual([
    ['text_tariff_precision'],
    ['text_reasoning_flagship'],
    ['video_overlay_flagship'],
  ]);
});

it('plans only with aliases that the catalog carries', async () => {
  const aliases = Object.keys(JSON.parse(readFileSync(new URL('../../data/aliases.json', import.meta.url), 'utf8')) as object);

  for (const jobType of Object.keys(known)) {
    const planned = (await plan({ job_type: jobType })).json<Plan>();
    for (const step of planned.plan.steps) expect(aliases).toContain(step.model_alias);
  }
});

it('answers 400 to an unknown type with its name and the known ones', async () => {
  const answer = await plan({ job_type: 'moon_landing' });

  expect(answer.status).toBe(400);
  expect(answer.json<{ error: string }>().error).toBe('Unsupported job_type: moon_landing');
  for (const jobType of Object.keys(known)) expect(answer.text).toContain(jobType);
});

it.each([[{}], [{ job_type: 5 }], [{ job_type: '' }], [{ job_type: null }]])('answers 400 naming job_type to %j', async (body) => {
  const answer = await plan(body);

  expect(answer.status).toBe(400);
  expect(answer.text).toContain('job_type');
});

it('says plainly that it does not run plans yet', async () => {
  const answer = await plan({ job_type: 'brand_pack_assets', execute: true, inputs: {} });

  expect(answer.status).toBe(501);
  expect(answer.json<{ message: string }>().message).toContain('execute');
});
