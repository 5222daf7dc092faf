/**
 * What a name begins with that stands for a group of the Hub: `hub:physics`.
 *
 * #### Notes
 * No user and no group of a machine has a colon in its name (passwd(5), group(5)), so nobody is in
 * a group of the Hub by what they are called.
 */
export const OF_HUB = 'hub:';

/** How many groups one user may have; beyond that a directory was meant, not a list of projects. */
export const HUB_GROUPS_MAX = 1024;

/** JupyterHub's own limit on the length of a name, in characters. */
const NAME = /^[^\s\p{Cc}](?:[^\p{Cc}]{0,253}[^\s\p{Cc}])?$/u;

/** What such a name is, in words. */
export const HUB_GROUP_WORDS =
  'the name of a group: up to 255 characters, none of them a control character, and no space at either end';

/** Whether JupyterHub may have a group of this name. */
export function isHubGroup(name: string): boolean {
  return NAME.test(name);
}

/** The groups of the Hub that a user is in. */
export type HubGroupsView = {
  /** The user's name on this machine. */
  readonly user: string;
  readonly groups: readonly string[];
};
