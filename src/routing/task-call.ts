// A request that is not chat as routing needs it.
import type { TaskId, UploadedFile } from '../canonical/tasks.ts';
import type { JsonObject } from '../core/json.ts';
import type { Outline } from '../core/json-outline.ts';
import type { MultipartPart, TaskDialect } from '../dialects/task-dialect.ts';
import type { Header } from './call-headers.ts';

export interface TaskCall {
  readonly task: TaskId;
  /** The caller's grammar. */
  readonly dialect: TaskDialect;
  readonly body: TaskBody;
  /** Name of the model as the caller wrote it. */
  readonly requestedModel: string;
  /** Members of the body that are the gateway's own. */
  readonly gatewayMembers: ReadonlySet<string>;
  readonly forwardHeaders: readonly Header[];
  /** Header for the simulator alone. */
  readonly demoHeader?: string;
  /** Never pass bytes on, even to an upstream of the same grammar: the body is one form of several (Google's single and batch calls). */
  readonly alwaysTranslated?: boolean;
}

export type TaskBody =
  | { readonly kind: 'json'; readonly outline: Outline }
  /** A multipart body: its text parts as members (numbers and flags still texts), and all of it in order. */
  | {
      readonly kind: 'form';
      readonly fields: JsonObject;
      readonly files: Readonly<Record<string, readonly UploadedFile[]>>;
      readonly parts: readonly MultipartPart[];
    };
