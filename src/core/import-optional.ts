// Packages that only some sites need (cloud credentials): loaded at the first use, and named when they are missing.
import { GatewayError } from './errors.ts';

/** `purpose` completes "it is needed for …" and names the setting or variable that asked for it. */
export async function importOptional(name: string, purpose: string): Promise<unknown> {
  try {
    return await import(name);
  } catch (cause) {
    throw new GatewayError(
      'upstream_auth_failed',
      `the package ${name} is not installed; it is needed for ${purpose}. Install it beside mpc-api: npm install ${name}`,
      { cause },
    );
  }
}
