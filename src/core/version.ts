// The version, written into the bundle by the build.

declare const MPC_VERSION: string | undefined;

/** `0.0.0-source` when the sources run without a build. */
export const version = typeof MPC_VERSION === 'string' ? MPC_VERSION : '0.0.0-source';
