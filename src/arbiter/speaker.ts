import type { HolderKind } from '../../server/protocol/holder';
import type { Phrases, Speaker } from '../../server/protocol/phrases';
import { baseName } from '../format';

/**
 * Speaks the language of this page, of claims of such a holder, and uses the current names of this server's notebooks:
 * the sidecar knows a kernel by the name with which it started.
 */
export function speakerOf(
  trans: Phrases,
  paths: ReadonlyMap<string, string>,
  of: HolderKind
): Speaker {
  return {
    trans,
    of,
    nameOf: ({ holderId, holderName }) => {
      const path = paths.get(holderId);
      return path === undefined ? holderName : baseName(path);
    }
  };
}
