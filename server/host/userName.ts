import { userInfo } from 'node:os';

/** The name of a user: if they run this process, as the system has it, else the uid. */
export function nameOf(uid: number): string {
  try {
    const me = userInfo();
    return me.uid === uid ? me.username : String(uid);
  } catch {
    return String(uid); // a container's user may have no passwd entry
  }
}
