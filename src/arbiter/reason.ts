import type { ClaimView, Reason } from '../../server/protocol/view';
import { baseName } from '../format';

/** A claim whose reason calls the notebook in the way by its name of now. */
export function withNames<C extends ClaimView>(claim: C, paths: ReadonlyMap<string, string>): C {
  return claim.state === 'waiting'
    ? ({ ...claim, reason: reasonNow(claim.reason, paths) } as C)
    : claim;
}

/** The sidecar knows a kernel by the name with which it started; a person may have changed it. */
export function reasonNow(reason: Reason, paths: ReadonlyMap<string, string>): Reason {
  let { sentence } = reason;
  let from = 0;
  // In the order in which the sentence names them, for two may have the same name.
  for (const { holderId, holderName } of reason.blockers) {
    const at = sentence.indexOf(` by ${holderName}`, from);
    if (at >= 0) {
      const path = paths.get(holderId);
      const name = path === undefined ? holderName : baseName(path);
      const start = at + ' by '.length;
      sentence = sentence.slice(0, start) + name + sentence.slice(start + holderName.length);
      from = start + name.length;
    }
  }
  return { ...reason, sentence };
}
