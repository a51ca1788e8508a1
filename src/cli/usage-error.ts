// The command was used wrongly: exit code 2. Any other error is exit code 1.

export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}
