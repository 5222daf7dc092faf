/** A user who asks for something; each transport creates one for the peer that it serves. */
export type Caller = {
  readonly uid: number;
  /** The user's name, for people. */
  readonly name: string;
  /** The names of the user's groups on this machine, the primary one first; none if absent. */
  readonly groups?: readonly string[];
};
