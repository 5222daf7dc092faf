import type { ClaimView } from '../../server/protocol/view';
import { baseName } from '../format';
import type { ClaimIn } from './badge';

/** A claim whose reason calls the notebook in the way by its name of now. */
export function withNames<C extends ClaimView>(claim: C, paths: ReadonlyMap<string, string>): C {
  return claim.state === 'waiting' ? ({ ...claim, reason: reasonNow(claim, paths) } as C) : claim;
}

/** The sidecar knows a kernel by the name with which it started; a person may have changed it. */
function reasonNow(
  { reason }: ClaimIn<'waiting'>,
  paths: ReadonlyMap<string, string>
): ClaimIn<'waiting'>['reason'] {
  const [first] = reason.blockers;
  const path = first && paths.get(first.kernelId);
  if (!first || path === undefined) {
    return reason;
  }
  const sentence = reason.sentence.replace(
    `held by ${first.kernelName}`,
    () => `held by ${baseName(path)}`
  );
  return { ...reason, sentence };
}
