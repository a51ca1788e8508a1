// The only reader of the process environment; every other part is handed what it needs.

export type Environment = Readonly<Record<string, string | undefined>>;

export function readEnvironment(): Environment {
  return process.env;
}
