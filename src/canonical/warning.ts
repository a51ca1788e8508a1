// What could not be carried to the upstream (or back). Warnings reach the caller in `x-mpc-warnings`; nothing is dropped without one.

export interface Warning {
  /** The request or answer field at fault, as a path. */
  readonly field: string;
  readonly kind: 'dropped' | 'changed' | 'emulated';
  /** One short sentence, ASCII, safe to show. */
  readonly message: string;
}
