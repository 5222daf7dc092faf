import type { TranslationBundle } from '@jupyterlab/translation';

import type { KernelMark } from '../arbiter/kernelMarks';
import type { KeeperCalls } from './KeeperActions';

/** The props of every section of the panel. */
export type PanelProps = {
  readonly trans: TranslationBundle;
  /** The sidecar's clock, in ms since the epoch. */
  readonly nowMs: number;
  /** The colour and letter of each kernel. */
  readonly marks: ReadonlyMap<string, KernelMark>;
  /** The path of the notebook, or of another document, of each kernel of this server. */
  readonly paths: ReadonlyMap<string, string>;
  readonly onCancel: (claimId: string) => void;
  /** Let a waiting claim go before the others of its user (ADM15). */
  readonly onMoveUp: (claimId: string) => void;
  /** Show the document of a kernel in `paths`. */
  readonly onReveal: (kernelId: string) => void;
  readonly keepers: KeeperCalls;
};
