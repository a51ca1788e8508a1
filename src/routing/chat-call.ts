// A chat request as routing needs it: the caller's body and what the caller wants of its answer.
import type { JsonValue } from '../core/json.ts';
import type { Warning } from '../canonical/warning.ts';
import type { ClientDialect } from '../dialects/dialect.ts';
import type { Header } from './call-headers.ts';
import type { CallerBody } from './caller-body.ts';

export interface ChatCall extends CallerBody {
  readonly dialect: ClientDialect;
  readonly stream: boolean;
  /** The caller wants the usage chunk. */
  readonly includeUsage: boolean;
  /** Name of the model as the caller wrote it. */
  readonly requestedModel: string;
  /** Caller's headers that an upstream of the same dialect may see (`anthropic-beta` …), lower case. */
  readonly forwardHeaders: readonly Header[];
  /** Header for the simulator alone. */
  readonly demoHeader?: string | undefined;
  /** How the body differs for this receiver: what one upstream remembers, another must be told. */
  readonly variantFor?: ((receiver: Receiver) => BodyVariant | undefined) | undefined;
}

/** Who gets the body. */
export interface Receiver {
  /** Undefined: the body is translated, so it must say everything itself. */
  readonly connection?: string;
  /** It keeps its answers under their ids. */
  readonly keepsAnswers: boolean;
}

export interface BodyVariant {
  readonly set: Readonly<Record<string, JsonValue>>;
  readonly remove?: readonly string[];
  readonly warnings?: readonly Warning[];
}
