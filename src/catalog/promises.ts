// The names that existing clients send. The catalog may grow; these may not go away.
import type { CompiledCatalog } from './records.ts';

export const promisedAliases = [
  'text_general_flagship',
  'text_general_draft',
  'text_hook_fast',
  'text_reasoning_flagship',
  'text_multimodal_flagship',
  'text_multimodal_fast',
  'text_tariff_precision',
  'tariff-text-flagship',
  'tariff-llm',
  'layout-spec-strong',
  'fast-chat',
  'flagship-chat',
  'image_brand_assets',
  'image_brand_pack_flagship',
  'video_overlay_flagship',
  'video_overlay_fast',
  'video-renderer',
] as const;

const promisedTasks = [
  'chat',
  'chat_general',
  'reasoning',
  'analysis',
  'classification',
  'drafting',
  'rag_rewrite',
  'tariff_compliance',
  'video_overlay',
  'creative_assets',
  'multimodal',
  'generation',
] as const;

const promisedDomains = ['general', 'creative', 'tariffs', 'legal', 'marketing', 'enterprise'] as const;

const promisedJobTypes = [
  'tariff_video_overlay',
  'campaign_video_overlay',
  'youtube_explainer_video',
  'tiktok_short_vertical',
  'brand_pack_assets',
  'storyboard_with_frames',
] as const;

/** One line for each promised name that is missing. */
export function missingPromises(compiled: CompiledCatalog): readonly string[] {
  return [
    ...missing(
      'alias',
      promisedAliases,
      compiled.aliases.map((alias) => alias.name),
    ),
    ...missing(
      'task',
      promisedTasks,
      compiled.tasks.map((task) => task.name),
    ),
    ...missing(
      'domain',
      promisedDomains,
      compiled.domains.map((domain) => domain.name),
    ),
    ...missing(
      'job type',
      promisedJobTypes,
      compiled.jobs.map((job) => job.jobType),
    ),
  ];
}

function missing(kind: string, promised: readonly string[], present: readonly string[]): readonly string[] {
  return promised.filter((name) => !present.includes(name)).map((name) => `${kind} ${name} is missing: clients send it`);
}
