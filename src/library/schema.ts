// Schemas as programs have them: any library with Standard Schema's JSON form (zod from 4.2 on), or JSON Schema itself.
// None is imported: what is needed of them is on the schema object.

/** A schema that knows its type: what Standard Schema v1 prescribes, as far as it is used here. */
export interface TypedSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaOutcome<Output> | Promise<SchemaOutcome<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

export type SchemaOutcome<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string; readonly path?: readonly unknown[] | undefined }[] };

/** A typed schema, or JSON Schema as a plain object (its output is `unknown`). */
export type SchemaInput = TypedSchema | { readonly type?: string; readonly [keyword: string]: unknown };

export type OutputOf<Schema> = Schema extends { readonly '~standard': { readonly types?: infer Types } }
  ? NonNullable<Types> extends { readonly output: infer Output }
    ? Output
    : unknown
  : Schema extends undefined
    ? undefined
    : unknown;
