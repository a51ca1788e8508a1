// A ledger entry as `mpc logs --json` prints it: a contract with scripts, so every field is always there, null when unknown.
import type { UsageParts } from '../canonical/usage.ts';
import type { AttemptRecord, Entry, StageTimings } from '../ledger/entry.ts';

export function toEntryJson(entry: Entry): object {
  return {
    id: entry.id,
    time: new Date(entry.timeMs).toISOString(),
    principal: entry.principal,
    dialect: entry.dialect,
    endpoint: entry.endpoint,
    requested_model: entry.requestedModel ?? null,
    model: entry.model ?? null,
    provider_model: entry.providerModel ?? null,
    provider: entry.provider ?? null,
    connection: entry.connection ?? null,
    layer: entry.layer ?? null,
    stream: entry.stream,
    status: entry.status,
    error_code: entry.errorCode ?? null,
    attempts: entry.attempts.map(toAttemptJson),
    usage: usageJson(entry),
    cost_nano_usd: entry.costNanoUsd,
    priced: entry.costNanoUsd !== null,
    price_version: entry.priceVersion ?? null,
    decision_id: entry.decisionId ?? null,
    finish: entry.finish ?? null,
    session_id: entry.sessionId ?? null,
    warnings: entry.warnings ?? [],
    timings_ms: toTimingsJson(entry.timings),
  };
}

function toAttemptJson(attempt: AttemptRecord): object {
  return {
    provider: attempt.provider,
    connection: attempt.connection,
    model: attempt.model,
    status: attempt.status ?? null,
    error_code: attempt.errorCode ?? null,
    connect_ms: attempt.connectMs ?? null,
    first_byte_ms: attempt.firstByteMs ?? null,
    total_ms: attempt.totalMs,
    ...(attempt.costNanoUsd !== undefined && { cost_nano_usd: attempt.costNanoUsd }),
    ...(attempt.continues === true && { continues: true }),
  };
}

/** Disjoint classes: `input + cached_input + cache_write` is all input, `output + reasoning` all output. */
function usageJson({ usage }: Entry): object | null {
  if (usage === undefined) return null;
  return {
    input: usage.input,
    cached_input: usage.cachedInput,
    cache_write: usage.cacheWrite,
    cache_write_1h: usage.cacheWrite1h,
    output: usage.output,
    reasoning: usage.reasoning,
    source: usage.source,
    ...(usage.anomaly !== undefined && { anomaly: usage.anomaly }),
    ...(usage.providerCostNanoUsd !== undefined && { provider_cost_nano_usd: usage.providerCostNanoUsd }),
    ...(usage.parts !== undefined && { parts: partsJson(usage.parts) }),
    ...(usage.billed !== undefined && { billed: usage.billed }),
    ...(usage.units !== undefined && { units: usage.units }),
  };
}

function partsJson(parts: UsageParts): object {
  return {
    ...(parts.inputAudio !== undefined && { input_audio: parts.inputAudio }),
    ...(parts.inputImage !== undefined && { input_image: parts.inputImage }),
    ...(parts.outputAudio !== undefined && { output_audio: parts.outputAudio }),
    ...(parts.outputImage !== undefined && { output_image: parts.outputImage }),
  };
}

function toTimingsJson(timings: StageTimings): object {
  return {
    auth: timings.authMs,
    plan: timings.planMs,
    connect: timings.connectMs ?? null,
    first_byte: timings.firstByteMs ?? null,
    total: timings.totalMs,
    overhead: timings.overheadMs,
  };
}
