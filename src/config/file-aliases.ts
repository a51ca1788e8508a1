// The section `aliases`: a name → one model, a list in order of preference, or a map with a description.
import { type FailureClass, failureClasses } from '../routing/config.ts';
import { sharingStrategies } from './fields.ts';
import type { FileReader } from './file-reader.ts';
import { nearestName } from './nearest-name.ts';
import { type FilePath, isRecord } from './settings-file.ts';
import type { AliasSetting, StrategyName } from './settings.ts';

export function readAliases(reader: FileReader): Readonly<Record<string, AliasSetting>> {
  const aliases: Record<string, AliasSetting> = {};
  for (const [name, value] of Object.entries(reader.map(['aliases'], reader.file.root['aliases']))) {
    const path = ['aliases', name];
    const members = isRecord(value)
      ? reader.map(path, value, ['models', 'description', 'strategy', 'weights', 'fallback_on', 'timeout_ms'])
      : { models: value };
    const models = reader.list(isRecord(value) ? [...path, 'models'] : path, members['models']);
    const description = reader.text([...path, 'description'], members['description']);
    const strategy = readStrategy(reader, [...path, 'strategy'], members['strategy']);
    const weights = readWeights(reader, { path: [...path, 'weights'], value: members['weights'], models });
    const fallbackOn = readFailureClasses(reader, [...path, 'fallback_on'], members['fallback_on']);
    const timeoutMs = reader.milliseconds([...path, 'timeout_ms'], members['timeout_ms']);
    if (models.length === 0) reader.wrong(path, 'needs at least one model');
    else
      aliases[name] = {
        models,
        ...(description !== undefined && { description }),
        ...(strategy !== undefined && { strategy }),
        ...(weights !== undefined && { weights }),
        ...(fallbackOn !== undefined && { fallbackOn }),
        ...(timeoutMs !== undefined && { timeoutMs }),
      };
  }
  return aliases;
}

/** An empty list is a policy, too: nobody takes over. */
function readFailureClasses(reader: FileReader, path: FilePath, value: unknown): readonly FailureClass[] | undefined {
  if (value === undefined || value === null) return undefined;
  const classes: FailureClass[] = [];
  for (const [index, text] of reader.list(path, value).entries()) {
    const known = failureClasses.find((one) => one === text);
    if (known !== undefined) classes.push(known);
    else {
      const near = nearestName(text, failureClasses);
      reader.wrong([...path, index], `must be one of ${failureClasses.join(', ')}${near === undefined ? '' : `; did you mean ${near}?`}`);
    }
  }
  return classes;
}

function readStrategy(reader: FileReader, path: FilePath, value: unknown): StrategyName | undefined {
  const text = reader.text(path, value);
  if (text === undefined) return undefined;
  const known = sharingStrategies.find((strategy) => strategy === text);
  if (known === undefined) {
    const near = nearestName(text, sharingStrategies);
    reader.wrong(path, `must be one of ${sharingStrategies.join(', ')}${near === undefined ? '' : `; did you mean ${near}?`}`);
  }
  return known;
}

interface WeightsPlace {
  readonly path: FilePath;
  readonly value: unknown;
  readonly models: readonly string[];
}

/** Shares and not chances: only their proportion counts. All 0 would be an alias that nobody serves. */
function readWeights(reader: FileReader, { path, value, models }: WeightsPlace): Readonly<Record<string, number>> | undefined {
  if (value === undefined || value === null) return undefined;
  const weights: Record<string, number> = {};
  for (const [model, weight] of Object.entries(reader.map(path, value, models))) {
    if (typeof weight === 'number' && Number.isFinite(weight) && weight >= 0 && weight <= maxWeight) weights[model] = weight;
    else reader.wrong([...path, model], `must be a number from 0 to ${maxWeight}`);
  }
  if (models.length > 0 && models.every((model) => weights[model] === 0))
    reader.wrong(path, 'all weights are 0, so no model would ever serve');
  return weights;
}

const maxWeight = 1_000_000;
