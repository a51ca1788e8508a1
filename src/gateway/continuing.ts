// Which answers another model may go on with when the one that began breaks off: as the caller, the alias and the operator say.
import type { ChatRequestCall } from './call.ts';

export interface ContinueSettings {
  /** For calls and aliases that do not say. */
  readonly isOn: boolean;
  readonly aliases: Readonly<Record<string, { readonly continueStreams?: boolean | undefined }>>;
}

export class Continuing {
  private readonly isOn: boolean;
  private readonly aliases = new Map<string, boolean>();

  constructor({ isOn, aliases }: ContinueSettings) {
    this.isOn = isOn;
    for (const [name, { continueStreams }] of Object.entries(aliases))
      if (continueStreams !== undefined) this.aliases.set(name.toLowerCase(), continueStreams);
  }

  isWanted({ continues }: Pick<ChatRequestCall, 'continues'>, alias: string | undefined): boolean {
    return continues ?? this.aliasSays(alias) ?? this.isOn;
  }

  private aliasSays(name: string | undefined): boolean | undefined {
    return name === undefined || this.aliases.size === 0 ? undefined : this.aliases.get(name.toLowerCase());
  }
}
