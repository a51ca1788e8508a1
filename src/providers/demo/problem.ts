// A request the simulator refuses, as a provider would; each dialect writes it in its own grammar.

export interface ProblemFacts {
  readonly status: number;
  readonly message: string;
  /** OpenAI's `code`. */
  readonly code?: string;
  readonly param?: string;
}

export class DemoProblem extends Error {
  readonly facts: ProblemFacts;

  constructor(facts: ProblemFacts) {
    super(facts.message);
    this.name = 'DemoProblem';
    this.facts = facts;
  }
}

export function badRequest(param: string, message: string): DemoProblem {
  return new DemoProblem({ status: 400, message, param });
}
