// Mistakes in the configuration are collected and told all at once: nobody should fix them one start at a time.

export interface Problem {
  /** `mpc.yaml:3:5`, `PORT`, `--port`. */
  readonly at: string;
  /** Dotted path of the setting; '' when none is concerned. */
  readonly path: string;
  /** What was wrong and what to do. Never holds a secret's value. */
  readonly message: string;
}

export class ConfigError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const lines = problems.map(({ at, path, message }) => `  ${at}${path === '' || path === at ? '' : ` ${path}`}: ${message}`);
    super(`the configuration has ${problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`}:\n${lines.join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}
