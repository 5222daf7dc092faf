/** A user who asks for something; each transport creates one for the peer that it serves. */
export type Caller = {
  readonly uid: number;
  /** The user's name, for people. */
  readonly name: string;
};
