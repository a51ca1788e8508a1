// What can put credentials on a request. Apart from `authorize.ts`, so that a provider's definition names it without naming the HTTP library.

export interface OutgoingRequest {
  readonly method: string;
  /** Scheme, host and port. */
  readonly origin: string;
  /** With the query. */
  readonly path: string;
  /** Flat name, value list. */
  readonly headers: readonly string[];
  /** Undefined: the body is a stream and cannot be hashed. */
  readonly body: Uint8Array | undefined;
}

export interface Authorizer {
  /** Flat name, value list to add (or replace). Rejects with `upstream_auth_failed` when no credentials can be had. */
  authorize(request: OutgoingRequest): readonly string[] | Promise<readonly string[]>;
  /** Does a credential exist? For `mpc doctor`; the message says which and from where, never the value. */
  check?(): Promise<string>;
}
