// A provider's rules and a model's traits, compiled once per pair into one look-up table: the byte editor runs per attempt.
import { marksOf, type NameMarks } from '../core/json-shape.ts';
import { namesModel } from './fill-template.ts';
import type { Reshape, WireRules } from './provider.ts';

/** Anything with rules: a chat endpoint, or another one; only chat grammars have rules of their own. */
export interface RuledEndpoint {
  readonly dialect?: string;
  readonly rules?: WireRules;
  /** With `{model}` in it the body must not name the model. */
  readonly path?: string;
}

/** What happens to one top-level member. */
export type Action =
  | { readonly kind: 'rename'; readonly to: string }
  /** Removed; `because` becomes the warning. */
  | { readonly kind: 'drop'; readonly because: string }
  /** Removed without loss, so without a warning. */
  | { readonly kind: 'drop-quietly' }
  /** Removed when the other member is there too. */
  | { readonly kind: 'drop-beside'; readonly other: string; readonly because: string };

export interface CompiledReshape {
  readonly reshape: Reshape;
  /** The ASCII strings of `when`; empty for 'present' and 'always'. */
  readonly needles: readonly Needle[];
}

export interface Needle {
  readonly text: string;
  /** Set for a member name: where the scan has not seen it, no search is needed. */
  readonly name?: NameMarks;
}

export interface CompiledRules {
  readonly actions: ReadonlyMap<string, Action>;
  /** The model is named in the path and must not stand in the body. */
  readonly modelInPath: boolean;
  /** A stream must be asked for its usage. */
  readonly asksUsage: boolean;
  /** Sampling members that the model accepts again when it is told not to reason (`reasoning_effort: none`). */
  readonly sampling: ReadonlySet<string>;
  readonly reshapes: readonly CompiledReshape[];
  /** Union of the members of all reshapes. */
  readonly watched: ReadonlySet<string>;
}

const openaiSampling = ['temperature', 'top_p', 'top_k', 'presence_penalty', 'frequency_penalty', 'logprobs', 'top_logprobs', 'logit_bias'];
const anthropicSampling = ['temperature', 'top_p', 'top_k'];

const compiled = new WeakMap<RuledEndpoint, WeakMap<ReadonlySet<string>, CompiledRules>>();

/** Memoised by identity: endpoints and trait sets are frozen data that live as long as the catalog. */
export function compileRules(endpoint: RuledEndpoint, traits: ReadonlySet<string>): CompiledRules {
  let byTraits = compiled.get(endpoint);
  if (byTraits === undefined) {
    byTraits = new WeakMap();
    compiled.set(endpoint, byTraits);
  }
  let rules = byTraits.get(traits);
  if (rules === undefined) {
    rules = compile(endpoint, traits);
    byTraits.set(traits, rules);
  }
  return rules;
}

function compile(endpoint: RuledEndpoint, traits: ReadonlySet<string>): CompiledRules {
  const rules = endpoint.rules ?? {};
  const streamUsage = rules.streamUsage ?? (endpoint.dialect === 'openai-chat' ? 'ask' : undefined);
  const actions = new Map<string, Action>();
  const sampling = new Set<string>();

  addTraitActions({ endpoint, traits, actions, sampling });
  for (const [from, to] of Object.entries(rules.rename ?? {})) actions.set(from, { kind: 'rename', to });
  for (const member of rules.drop ?? []) actions.set(member, { kind: 'drop', because: 'the provider does not take it' });
  if (streamUsage === 'always') actions.set('stream_options', { kind: 'drop-quietly' });

  const reshapes = (rules.reshapes ?? [])
    .filter((reshape) => reshape.traits === undefined || reshape.traits.some((trait) => traits.has(trait)))
    .map((reshape) => ({
      reshape,
      needles: needlesOf(reshape.when),
    }));
  return {
    actions,
    modelInPath: endpoint.path === undefined ? false : namesModel(endpoint.path),
    asksUsage: streamUsage === 'ask',
    sampling,
    reshapes,
    watched: new Set(reshapes.flatMap(({ reshape }) => reshape.members)),
  };
}

function needlesOf(when: Reshape['when']): readonly Needle[] {
  if (typeof when === 'string') return [];
  // An array has a member `keys` too.
  if (isTexts(when)) return when.map((text) => ({ text }));
  return when.keys.map((key) => ({ text: `"${key}"`, name: marksOf(key) }));
}

function isTexts(when: Exclude<Reshape['when'], string>): when is readonly string[] {
  return Array.isArray(when);
}

interface TraitTarget {
  readonly endpoint: RuledEndpoint;
  readonly traits: ReadonlySet<string>;
  readonly actions: Map<string, Action>;
  readonly sampling: Set<string>;
}

function addTraitActions({ endpoint, traits, actions, sampling }: TraitTarget): void {
  const openai = endpoint.dialect === 'openai-chat' || endpoint.dialect === 'openai-responses';
  if (!openai && endpoint.dialect !== 'anthropic-messages') return;
  if (traits.has('no-sampling')) {
    for (const member of openai ? openaiSampling : anthropicSampling) {
      actions.set(member, { kind: 'drop', because: 'the model refuses sampling parameters' });
      if (openai) sampling.add(member);
    }
  } else if (traits.has('temperature-xor-top-p')) {
    actions.set('top_p', { kind: 'drop-beside', other: 'temperature', because: 'the model refuses it beside temperature' });
  }
  if (!openai) return;
  // Where the provider knows the older name only, its own rule wins: both together would swap the two names.
  const olderNameOnly = endpoint.rules?.rename?.['max_completion_tokens'] !== undefined;
  if (traits.has('max-completion-tokens') && !olderNameOnly) actions.set('max_tokens', { kind: 'rename', to: 'max_completion_tokens' });
  if (traits.has('no-stop')) actions.set('stop', { kind: 'drop', because: 'the model refuses stop sequences' });
}
