import type { Refusal } from './errors';
import type { CpuPinning, ToldGrant } from './grant';
import type { HolderKind } from './holder';

/**
 * The gate protocol: one JSON object a line, UTF-8, over a Unix socket.
 *
 * #### Notes
 * Version 2. A line has at most {@link LINE_BYTES_MAX} bytes. Messages are
 * handled in the order of their arrival. Unknown fields are ignored; an unknown
 * `type` is answered with `problem` and changes nothing. Nothing here assumes
 * Python: a relay for kernels of other languages speaks the same protocol.
 *
 * Version 1, which gates speak that outlive an upgrade of the sidecar, is read as well: its
 * `kernelId` is `holderId`, a claim's `parentId` is `outerId`, and all its holders are kernels.
 */
export const GATE_PROTOCOLS: readonly number[] = [1, 2];

/** The longest line that either side reads, in bytes. */
export const LINE_BYTES_MAX = 256 * 1024;

/** The longest JSON of a cell's own hints that is read, in bytes. */
export const HINT_BYTES_MAX = 16 * 1024;

/** The longest directive that is read, in characters: what follows it is no option of a cell. */
export const DIRECTIVE_CHARS_MAX = 4096;

/** How deep hints may be nested: far more than any hint, far less than a stack holds. */
export const HINT_DEPTH_MAX = 32;

/** A waiting gate hears from the sidecar at least this often, in ms. */
export const SIGN_OF_LIFE_MS = 1000;

/** After this long without a sign of life a gate runs its cell ungated (GATE5), in ms. */
export const SILENCE_MAX_MS = 5000;

/** Where hints were written, raw and unparsed (ADM2). */
export type HintSources = {
  /** The cell metadata key `cellgrant`, whatever it holds. */
  readonly metadata?: unknown;
  /** The cell's tags; those that are not hints are ignored. */
  readonly tags?: readonly string[];
  /** The leading `#|` lines of the cell's source, by `directiveOf`. */
  readonly directive?: string;
};

/** One claim as the gate tells it. */
export type GateClaim = {
  /** Unique per execution; the gate makes it. 1 to 128 characters. */
  readonly id: string;
  readonly cellId?: string;
  /** What a person recognises the cell by: its execution count, as `[7]`; never code (SEC1). */
  readonly label?: string;
  /** Hex digest of the cell's source, for profiles. */
  readonly sourceHash?: string;
  /** The claim of the same holder in whose midst this one was taken up. */
  readonly outerId?: string;
  readonly sources: HintSources;
};

/** A claim that a reconnecting gate still holds or waits for. */
export type GateHolding = GateClaim & {
  /** The grant as it was answered, or null while waiting. */
  readonly granted: GateGrant | null;
  /** How long ago the claim was made, or (if granted) granted, in ms. */
  readonly agoMs: number;
  /** If granted, how long it had waited, in ms. */
  readonly waitedMs?: number;
};

/**
 * What a kernel and its launcher know, and nobody else (SEC6): the launcher makes it, keeps it
 * over restarts of the kernel, and passes it on in the kernel's environment, as CELLGRANT_TOKEN. Of a holder whose
 * first speaker told one, all others must tell the same; a child tells its parent's.
 */
export type KernelToken = { readonly token?: string | null };

/** What processes tell the sidecar. */
export type GateMessage =
  /** A launcher asks what environment a kernel about to start must have. */
  | ({ readonly type: 'prepare'; readonly holderId: string } & KernelToken)
  /** A launcher tells that it started a kernel. It is confined before the answer. */
  | ({ readonly type: 'register'; readonly protocol?: number } & GateProcess & KernelToken)
  /** A launcher tells that a kernel ended; answered by `gone`. */
  | ({ readonly type: 'ended'; readonly holderId: string } & KernelToken)
  /** First message of a gate, at every connect; what it holds is taken over. */
  | ({
      readonly type: 'hello';
      readonly protocol: number;
      readonly holdings: readonly GateHolding[];
      /** When this was said, on the machine's monotone clock, in ms. */
      readonly saidMs?: number;
    } & GateProcess &
      KernelToken)
  | ({
      readonly type: 'claim';
      /** The cell runs already, unrestricted, as the gate was permitted; what it asks is passed over. */
      readonly started?: boolean;
    } & GateClaim)
  /** A waiting claim is given up; answered by nothing. */
  | { readonly type: 'cancel'; readonly id: string }
  /** The cell ended; answered by nothing. */
  | {
      readonly type: 'release';
      readonly id: string;
      readonly outcome: 'ok' | 'error' | 'interrupted';
      /** CPU time of the process and its reaped children during the cell, in s. */
      readonly cpuSeconds?: number;
    };

/** The process that a holder is: the root of the tree that its grants are enforced on. */
export type GateProcess = {
  /** Of a kernel, Jupyter's id of it. 1 to 128 characters of `[A-Za-z0-9_.-]`. */
  readonly holderId: string;
  /** A kernel where absent. */
  readonly kind?: HolderKind;
  /**
   * The holder that it came from, of which its process must be a descendant; a cell has one (HOLD2).
   * Null or absent, the sidecar looks for the nearest one among the processes that it came from.
   */
  readonly parentHolderId?: string | null;
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: with `pid` it names a process for good. */
  readonly startTicks: number;
  /** The notebook's path or another name for people. */
  readonly name: string;
  /** The notebook's path, as far as the teller knows it (CFG3); it is kept where another tells none. */
  readonly notebook?: string | null;
};

/** A grant with what only the process itself can apply, and what it has to know; CPUs in list syntax. */
export type GateGrant = ToldGrant & {
  readonly [means in keyof CpuPinning]: string | null;
} & {
  /** Variables to set for the cell and its children; restored after it. */
  readonly env: Readonly<Record<string, string>>;
};

/** What the sidecar tells a process. */
export type SidecarMessage =
  | { readonly type: 'launch'; readonly env: Readonly<Record<string, string>> }
  | { readonly type: 'registered'; readonly tier: string }
  /** What a kernel was killed for, as a sentence, where that is known (MEM3); told once. */
  | { readonly type: 'gone'; readonly message: string | null }
  | {
      readonly type: 'welcome';
      readonly protocol: number;
      readonly tier: string;
      /** What a gate does without a sidecar: run cells (`open`) or refuse them. */
      readonly failure: 'open' | 'closed';
    }
  | { readonly type: 'granted'; readonly id: string; readonly grant: GateGrant }
  /**
   * Given, the kernel's cells without any hint start at once, unrestricted, and
   * tell their claims as `started` (GATE6); else each asks, as after a hello.
   */
  | { readonly type: 'standing'; readonly isGiven: boolean }
  /** The grant of a running claim changed; apply masks, leave pools alone. */
  | { readonly type: 'changed'; readonly id: string; readonly grant: GateGrant }
  /** Sent when a claim queues, when its reason changes, and as sign of life. */
  | {
      readonly type: 'waiting';
      readonly id: string;
      readonly sentence: string;
      readonly position: number;
    }
  | ({ readonly type: 'refused'; readonly id: string; readonly message: string } & Refusal)
  /** Interrupt the running cell and print the message in its output. */
  | ({ readonly type: 'interrupt'; readonly id: string; readonly message: string } & Refusal)
  /** Give idle GPU memory back, keeping the state (GPU5). */
  | { readonly type: 'free'; readonly gpus: readonly string[] }
  /** A line was refused; nothing changed. */
  | ({ readonly type: 'problem'; readonly message: string } & Refusal);
