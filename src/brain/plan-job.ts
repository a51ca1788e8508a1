// A job type → its steps, in the form the `/api/orchestrate` clients read.
import type { Catalog } from '../catalog/catalog.ts';

/** Two generations of clients read different names: `step` = `name`, `model` = `model_alias`. */
export interface PlannedStep {
  readonly step: string;
  readonly name: string;
  readonly description: string;
  readonly model: string;
  readonly model_alias: string;
  /** Other aliases that fit, in order of preference. */
  readonly also: readonly string[];
  /** What the step makes. */
  readonly modality: string;
}

export interface JobPlan {
  readonly job_type: string;
  readonly description: string;
  readonly plan: { readonly steps: readonly PlannedStep[] };
}

export interface UnknownJobType {
  readonly error: string;
  readonly message: string;
  readonly code: 'unsupported_job_type';
  readonly known_job_types: readonly string[];
}

export type PlannedJob = { readonly kind: 'plan'; readonly body: JobPlan } | { readonly kind: 'unknown'; readonly body: UnknownJobType };

/** `unknown` is answered with status 400. */
export function planJob(jobType: string, catalog: Catalog): PlannedJob {
  const job = catalog.jobs.get(jobType);
  if (job === undefined) return { kind: 'unknown', body: unknownJobType(jobType, [...catalog.jobs.keys()].sort()) };
  const steps = job.steps.map((step) => ({
    step: step.name,
    name: step.name,
    description: step.description,
    model: step.alias,
    model_alias: step.alias,
    also: step.also,
    modality: catalog.aliases.get(step.alias)?.modality ?? 'text',
  }));
  return { kind: 'plan', body: { job_type: job.jobType, description: job.description, plan: { steps } } };
}

function unknownJobType(jobType: string, known: readonly string[]): UnknownJobType {
  return {
    error: `Unsupported job_type: ${jobType}`,
    message: `There is no job type "${jobType}". Known ones: ${known.join(', ')}.`,
    code: 'unsupported_job_type',
    known_job_types: known,
  };
}
