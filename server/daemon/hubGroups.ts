import * as z from 'zod';

import type { OwnDirectory } from '../host/ownDirectory';
import { readable } from '../lib/readable';
import type { Caller } from '../protocol/caller';
import { refusal, type Refusal } from '../protocol/errors';
import type { HubGroupsView } from '../protocol/hubGroups';
import type { IAdministrators, IHubGroups, Log } from './ports';
import { StateFile } from './stateFile';

/** How much of a name is quoted, in characters. */
const SHOWN_CHARS_MAX = 64;

const STORED = z.array(z.object({ user: z.string(), groups: z.array(z.string()) }), {
  error: 'it is not a list of users'
});

/** The dependencies of {@link HubGroups}. */
type HubGroupsParts = {
  readonly administrators: IAdministrators;
  readonly directory: OwnDirectory;
  /** A user's name as this machine has it; null if there is no such user. */
  readonly findUser: (name: string) => Promise<string | null>;
  /** Called when a user's groups have changed. */
  readonly onChange: (user: string) => void;
  readonly log: Log;
};

/**
 * The groups that users have in JupyterHub, as an administrator stated them last (HUB1).
 *
 * #### Notes
 * They outlive the sidecar, and whoever stated them.
 */
export class HubGroups implements IHubGroups {
  private readonly file: StateFile;
  private readonly stated: Map<string, readonly string[]>;

  constructor(private readonly parts: HubGroupsParts) {
    this.file = new StateFile(parts.directory, 'hub-groups.json');
    const kept = this.file.load(value => STORED.parse(value)) ?? [];
    this.stated = new Map(kept.map(it => [it.user, it.groups]));
  }

  /** The groups of a user of this machine; none for one of whom nothing was stated. */
  of(user: string): readonly string[] {
    return this.stated.get(user) ?? [];
  }

  async find(name: string, by: Caller): Promise<HubGroupsView | Refusal> {
    if (!this.parts.administrators.includes(by)) {
      return refusal('ADMINISTRATORS_ONLY', {});
    }
    const user = await this.parts.findUser(name);
    return user === null
      ? refusal('USER_UNKNOWN', { name: readable(name, SHOWN_CHARS_MAX) })
      : { user, groups: this.of(user) };
  }

  async state(
    name: string,
    groups: readonly string[],
    by: Caller
  ): Promise<HubGroupsView | Refusal> {
    const found = await this.find(name, by);
    if ('code' in found) {
      return found;
    }
    const { user } = found;
    const sorted = [...new Set(groups)].sort();
    if (sorted.join('\n') !== this.of(user).join('\n')) {
      sorted.length ? this.stated.set(user, sorted) : this.stated.delete(user);
      const what = sorted.map(it => readable(it, SHOWN_CHARS_MAX)).join(', ');
      this.parts.log('info', `${user}'s groups in JupyterHub are ${what || 'none'} now`);
      this.parts.onChange(user);
    }
    // Also where nothing changed: another request's change may not be on the disk yet.
    await this.file.save([...this.stated].map(([it, its]) => ({ user: it, groups: its })));
    return { user, groups: sorted };
  }
}
