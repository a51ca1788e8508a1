// What a plain setting is: where it stands, what it may hold, how else it can be given, and what it is for.

interface FieldFacts {
  /** In mpc.yaml. */
  readonly path: string;
  /** Variables besides `MPC_<PATH>`, read first. */
  readonly env?: readonly string[];
  /** Command line flag, without the dashes. */
  readonly flag?: string;
  readonly help: string;
  readonly secret?: boolean;
}

/**
 * `file` texts are paths; relative ones count from the file that names them, else from the working directory.
 * `orNumber`: a number without quotes is meant as it stands.
 */
export type Field = FieldFacts &
  (
    | { readonly kind: 'integer' | 'number'; readonly default: number; readonly min: number; readonly max: number }
    | { readonly kind: 'text' | 'file'; readonly default?: string; readonly orNumber?: true }
    | { readonly kind: 'choice'; readonly default?: string; readonly choices: readonly string[] }
    | { readonly kind: 'list'; readonly default?: readonly string[]; readonly choices?: readonly string[] }
  );

/** The variables of a setting, in the order they are read. */
export function variablesOf(field: Field): readonly string[] {
  return [...(field.env ?? []), `MPC_${field.path.toUpperCase().replaceAll('.', '_')}`];
}
