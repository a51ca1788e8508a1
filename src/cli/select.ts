// `mpc select`: which model the gateway would choose, and why, without calling one.
import type { Command } from 'commander';
import { asArray, asObject, asString, type JsonObject, type JsonValue } from '../core/json.ts';
import { addGatewayOptions, connectGateway } from './connect-gateway.ts';
import { readCount, readList, readNumber } from './read-options.ts';
import { formatTable, printJson, printLine, styled } from './terminal.ts';

interface SelectOptions {
  readonly task: string;
  readonly domain: string;
  readonly modality?: string;
  readonly qualityTier?: string;
  readonly speedTier?: string;
  readonly maxCostUsd?: string;
  readonly maxLatencyMs?: string;
  readonly needs?: string;
  readonly contextTokens?: string;
  readonly providers?: string;
  readonly exclude?: string;
  readonly region?: string;
  readonly strategy?: string;
  readonly json?: true;
}

export function defineSelect(program: Command): void {
  const command = addGatewayOptions(program.command('select'))
    .description('ask which model fits a task, and why')
    .option('--task <name>', 'chat, reasoning, drafting …', 'chat')
    .option('--domain <name>', 'general, legal, marketing …', 'general')
    .option('--modality <name>', 'text, image, audio, video')
    .option('--quality-tier <name>', 'flagship, strong or draft')
    .option('--speed-tier <name>', 'fast, normal or slow')
    .option('--max-cost-usd <usd>', 'most the call may cost')
    .option('--max-latency-ms <ms>', 'longest it may take')
    .option('--needs <names>', 'by commas: tools, vision, json_schema …')
    .option('--context-tokens <n>', 'size of the prompt')
    .option('--providers <ids>', 'only these, by commas')
    .option('--exclude <ids>', 'not these, by commas')
    .option('--region <name>', 'only connections there')
    .option('--strategy <name>', 'quality-first, cost-optimized, speed-priority or balanced')
    .option('--json', "the gateway's whole answer as one JSON object")
    .action((options: SelectOptions) => selectModel(command, options));
}

async function selectModel(command: Command, options: SelectOptions): Promise<void> {
  const question = {
    task_type: options.task,
    domain: options.domain,
    modality: options.modality,
    quality_tier: options.qualityTier,
    speed_tier: options.speedTier,
    max_cost_usd: readNumber('max-cost-usd', options.maxCostUsd),
    max_latency_ms: readNumber('max-latency-ms', options.maxLatencyMs),
    needs: readList('needs', options.needs),
    context_tokens: readCount('context-tokens', options.contextTokens),
    providers: readList('providers', options.providers),
    exclude: readList('exclude', options.exclude),
    region: options.region,
    strategy: options.strategy,
  };
  const gateway = await connectGateway(command);
  const answer = asObject(await gateway.post('/api/select-model', question)) ?? {};
  if (options.json === true) {
    printJson(answer);
    return;
  }
  const ranked = asArray(answer['candidates']) ?? [];
  printLine(`${styled('bold', nameOf(answer['selected_model']))}`);
  const rows = ranked.slice(0, 10).map((item, index) => [String(index + 1), ...rowOf(asObject(item) ?? {})]);
  for (const line of formatTable(['', 'MODEL', 'QUALITY', 'SPEED', 'TASKS'], rows)) printLine(line);
  const more = ranked.length - rows.length;
  if (more > 0) printLine(styled('dim', `and ${more} more; --json shows all, and what was eliminated and why`));
}

function rowOf(model: JsonObject): readonly string[] {
  const tasks = (asArray(model['tasks']) ?? []).filter((task) => typeof task === 'string');
  return [nameOf(model), asString(model['quality_tier']) ?? '', asString(model['speed_tier']) ?? '', tasks.slice(0, 4).join(', ')];
}

function nameOf(model: JsonValue | undefined): string {
  return asString(asObject(model)?.['provider_id']) ?? asString(asObject(model)?.['canonical_id']) ?? '';
}
