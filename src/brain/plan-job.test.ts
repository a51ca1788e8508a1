import { expect, it } from 'vitest';
import { createCatalog } from '../catalog/create-catalog.ts';
import { realCompiled } from '../catalog/sample-catalog.ts';
import { planJob } from './plan-job.ts';

const catalog = createCatalog(realCompiled());

// The flows of existing clients, step by step: none of these names may change.
it.each([
  ['tariff_video_overlay', 'generate_text tariff-text-flagship, layout_overlay_spec layout-spec-strong, render_video video-renderer'],
  [
    'campaign_video_overlay',
    'generate_campaign_script text_reasoning_flagship, breakdown_scenes text_general_flagship, layout_overlay_spec text_tariff_precision, render_video video_overlay_flagship',
  ],
  [
    'youtube_explainer_video',
    'outline_chapters text_reasoning_flagship, write_script text_general_flagship, generate_thumbnail_prompt image_brand_assets, render_thumbnail image_brand_pack_flagship',
  ],
  [
    'tiktok_short_vertical',
    'generate_hook_script text_hook_fast, storyboard_short text_general_flagship, render_vertical_video video_overlay_fast',
  ],
  [
    'brand_pack_assets',
    'brand_positioning_summary text_reasoning_flagship, script_snippets text_general_draft, image_prompt_pack image_brand_pack_flagship',
  ],
  [
    'storyboard_with_frames',
    'story_outline text_reasoning_flagship, expand_frames text_general_flagship, camera_and_motion_notes text_reasoning_flagship',
  ],
])('%s plans its steps', (jobType, expected) => {
  const planned = planJob(jobType, catalog);
  const steps = planned.kind === 'plan' ? planned.body.plan.steps : [];

  expect(steps.map((step) => `${step.step} ${step.model}`).join(', ')).toBe(expected);
  for (const step of steps) expect([step.name, step.model_alias]).toEqual([step.step, step.model]);
});

it('names the other aliases of a step', () => {
  const planned = planJob('tariff_video_overlay', catalog);

  expect(planned.kind === 'plan' && planned.body.plan.steps.map((step) => step.also)).toEqual([
    ['text_tariff_precision'],
    ['text_reasoning_flagship'],
    ['video_overlay_flagship'],
  ]);
});

it('lists the known types for one it does not know', () => {
  const planned = planJob('feature_film', catalog);

  expect(planned.kind).toBe('unknown');
  expect(planned.body).toMatchObject({ error: 'Unsupported job_type: feature_film', known_job_types: [...catalog.jobs.keys()].sort() });
});
