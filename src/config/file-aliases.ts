// The section `aliases`: a name → one model, a list in order of preference, or a map with a description.
import { type FailureClass, failureClasses } from '../routing/config.ts';
import type { FieldValues } from './field-values.ts';
import { findCircle } from './find-circle.ts';
import type { FileReader } from './file-reader.ts';
import { nearestName } from './nearest-name.ts';
import { type FilePath, isRecord } from './settings-file.ts';
import type { AliasSetting, StrategyName } from './settings.ts';
import { sharingStrategies } from './strategies.ts';

/** Names that leave the choice to the gateway; an alias of this name would never be asked. */
export const openChoices: ReadonlySet<string> = new Set(['auto', 'cheapest-available']);

export function readAliases(reader: FileReader, values: FieldValues): Readonly<Record<string, AliasSetting>> {
  const aliases: Record<string, AliasSetting> = {};
  for (const [name, value] of Object.entries(reader.map(['aliases'], reader.file.root['aliases']))) {
    const path = ['aliases', name];
    values.origins.set(`aliases.${name}`, { kind: 'file', at: reader.file.locate(path) });
    const members = isRecord(value)
      ? reader.map(path, value, ['models', 'description', 'strategy', 'weights', 'fallback_on', 'timeout_ms', 'continue_streams'])
      : { models: value };
    const models = reader.list(isRecord(value) ? [...path, 'models'] : path, members['models']);
    const description = reader.text([...path, 'description'], members['description']);
    const strategy = readStrategy(reader, [...path, 'strategy'], members['strategy']);
    const weights = readWeights(reader, { path: [...path, 'weights'], value: members['weights'], models });
    const fallbackOn = readFailureClasses(reader, [...path, 'fallback_on'], members['fallback_on']);
    const timeoutMs = reader.milliseconds([...path, 'timeout_ms'], members['timeout_ms']);
    const continueStreams = readSwitch(reader, [...path, 'continue_streams'], members['continue_streams']);
    if (continueStreams === true && values.text('routing.continue_streams') === 'never')
      reader.wrong([...path, 'continue_streams'], 'is on, but routing.continue_streams is never; say off there');
    if (openChoices.has(name.toLowerCase())) reader.wrong(path, 'is a name that leaves the choice to the gateway; take another one');
    const twice = models.find((model, index) => models.indexOf(model) !== index);
    if (twice !== undefined) reader.wrong(path, `lists ${twice} twice; weights say who gets more`);
    if (weights !== undefined && (strategy ?? values.text('routing.strategy')) !== 'weighted')
      reader.wrong([...path, 'weights'], 'have a meaning with strategy: weighted only');
    if (models.length === 0) reader.wrong(path, 'needs at least one model');
    else
      aliases[name] = {
        models,
        ...(description !== undefined && { description }),
        ...(strategy !== undefined && { strategy }),
        ...(weights !== undefined && { weights }),
        ...(fallbackOn !== undefined && { fallbackOn }),
        ...(timeoutMs !== undefined && { timeoutMs }),
        ...(continueStreams !== undefined && { continueStreams }),
      };
  }
  refuseCircles(reader, aliases);
  return aliases;
}

/** An alias may be named like the model it means, but not lead back to itself through another one. */
function refuseCircles(reader: FileReader, aliases: Readonly<Record<string, AliasSetting>>): void {
  const next = new Map(Object.entries(aliases).map(([name, { models }]) => [name.toLowerCase(), othersThan(name, models)]));
  const told = new Set<string>();
  for (const name of Object.keys(aliases)) {
    const circle = findCircle(name.toLowerCase(), next);
    if (circle === undefined || circle.some((member) => told.has(member))) continue;
    for (const member of circle) told.add(member);
    reader.wrong(['aliases', name], `goes in a circle: ${[...circle, circle[0]].join(' → ')}; an alias must lead to models`);
  }
}

export function othersThan(name: string, models: readonly string[]): readonly string[] {
  return models.filter((model) => model.toLowerCase() !== name.toLowerCase());
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

function readSwitch(reader: FileReader, path: FilePath, value: unknown): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  if (value === 'on' || value === true) return true;
  if (value === 'off' || value === false) return false;
  reader.wrong(path, 'must be on or off');
  return undefined;
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
