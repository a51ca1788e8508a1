// Boundaries of multipart bodies.
import { randomBytes } from '../core/random.ts';

/** Long and random, so that it cannot occur in what lies between two of it. */
export function randomBoundary(): string {
  return `mpc-${randomBytes(18).toString('hex')}`;
}

/** The boundary a content type names; undefined when it is no multipart form or names none. RFC 2046 allows 70 characters. */
export function boundaryOf(contentType: string): string | undefined {
  if (!/^multipart\/form-data\s*;/i.test(contentType)) return undefined;
  const match = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))\s*(?:;|$)/i.exec(contentType);
  return match?.[1] ?? match?.[2];
}
