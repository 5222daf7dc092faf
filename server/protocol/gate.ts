import type { Refusal } from './errors';
import type { CpuPinning, ToldGrant } from './grant';
import type { HolderKind } from './holder';

/**
 * The gate protocol: one JSON object per line, UTF-8, over a Unix socket.
 *
 * #### Notes
 * Version 2. A line has at most {@link LINE_BYTES_MAX} bytes. Messages are
 * handled in order of arrival. Unknown fields are ignored; an unknown
 * `type` is answered with `problem` and changes nothing. Nothing here assumes
 * Python: a relay for kernels of other languages speaks the same protocol.
 *
 * Version 1, spoken by gates that outlive an upgrade of the sidecar, is also read: its
 * `kernelId` is `holderId`, a claim's `parentId` is `outerId`, and all its holders are kernels.
 */
export const GATE_PROTOCOLS: readonly number[] = [1, 2];

/** The longest line that either side reads, in bytes. */
export const LINE_BYTES_MAX = 256 * 1024;

/** The longest id of a claim, a cell or a holder, in characters. */
export const ID_CHARS_MAX = 128;

/** The longest JSON of a cell's own hints that is read, in bytes. */
export const HINT_BYTES_MAX = 16 * 1024;

/** The longest directive that is read, in characters: what follows is ignored. */
export const DIRECTIVE_CHARS_MAX = 4096;

/** How deep hints may be nested: far more than any hint, far less than a stack holds. */
export const HINT_DEPTH_MAX = 32;

/** The sidecar sends to a waiting gate at least this often, in ms. */
export const SIGN_OF_LIFE_MS = 1000;

/**
 * After this long without a sign of life a gate runs its cell ungated (GATE5), in ms.
 * @public Read by gates, which are in other languages.
 */
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

/** One claim as the gate reports it. */
export type GateClaim = {
  /** Unique per execution; the gate makes it. 1 to 128 characters. */
  readonly id: string;
  readonly cellId?: string;
  /** How a person recognises the cell: its execution count, as `[7]`; never code (SEC1). */
  readonly label?: string;
  /** Hex digest of the cell's source, for profiles. */
  readonly sourceHash?: string;
  /** The claim of the same holder during which this one was started. */
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
 * The token that only a kernel and its launcher know (SEC6): the launcher makes it, keeps it
 * across restarts of the kernel, and passes it on in the kernel's environment, as CELLGRANT_TOKEN. If
 * the first speaker of a holder sent one, all others must send the same; a child sends its parent's.
 */
type KernelToken = { readonly token?: string | null };

/**
 * Messages from processes to the sidecar.
 * @public Nothing here makes such messages: gates do, which are in other languages.
 */
export type GateMessage =
  /**
   * A launcher asks what environment a kernel about to start must have; answered by `launch`, or by
   * `problem`, with KERNELS_CAPPED if it may not be started (CAP5).
   */
  | ({
      readonly type: 'prepare';
      readonly holderId: string;
      /** The notebook that it is for, if known: its group's cap counts (CFG3). */
      readonly notebook?: string | null;
    } & KernelToken)
  /** A launcher reports that it started a kernel. The kernel is confined before the answer. */
  | ({ readonly type: 'register'; readonly protocol?: number } & GateProcess & KernelToken)
  /** A launcher reports that a kernel ended, or was never started; answered by `gone`. */
  | ({ readonly type: 'ended'; readonly holderId: string } & KernelToken)
  /** First message of a gate, at every connect; what it holds is taken over. */
  | ({
      readonly type: 'hello';
      readonly protocol: number;
      readonly holdings: readonly GateHolding[];
      /** When this was sent, on the machine's monotonic clock, in ms. */
      readonly saidMs?: number;
    } & GateProcess &
      KernelToken)
  | ({
      readonly type: 'claim';
      /** The cell runs already, unrestricted, as the gate was permitted; what it asks is ignored. */
      readonly started?: boolean;
    } & GateClaim)
  /** A waiting claim is withdrawn; no answer. */
  | { readonly type: 'cancel'; readonly id: string }
  /** The cell ended; no answer. */
  | {
      readonly type: 'release';
      readonly id: string;
      readonly outcome: 'ok' | 'error' | 'interrupted';
      /** CPU time of the process and its reaped children during the cell, in s. */
      readonly cpuSeconds?: number;
    };

/** The process that a holder is: the root of the tree that its grants are enforced on. */
export type GateProcess = {
  /** For a kernel, Jupyter's id. 1 to 128 characters of `[A-Za-z0-9_.-]`. */
  readonly holderId: string;
  /** A kernel if absent. */
  readonly kind?: HolderKind;
  /**
   * The parent holder, of which its process must be a descendant; required for a cell (HOLD2).
   * If null or absent, the sidecar looks for the nearest holder among the process's ancestors.
   */
  readonly parentHolderId?: string | null;
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: with `pid` it identifies a process permanently. */
  readonly startTicks: number;
  /** The notebook's path or another name for people. */
  readonly name: string;
  /** The notebook's path, if the sender knows it (CFG3); kept when another sender omits it. */
  readonly notebook?: string | null;
  /** Who speaks for it, and with whose end it is released (RUN6); null or absent if it does so itself. */
  readonly speaker?: { readonly pid: number; readonly startTicks: number } | null;
};

/** A grant, with what only the process itself can apply and what it must know; CPUs in list syntax. */
export type GateGrant = ToldGrant & {
  readonly [means in keyof CpuPinning]: string | null;
} & {
  /** Variables to set for the cell and its children; restored after it. */
  readonly env: Readonly<Record<string, string>>;
};

/** Messages from the sidecar to a process. */
export type SidecarMessage =
  | { readonly type: 'launch'; readonly env: Readonly<Record<string, string>> }
  | { readonly type: 'registered'; readonly tier: string }
  /** Why a kernel was killed, as a sentence, if known (MEM3); sent once. */
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
   * If given, the kernel's cells without any hint start at once, unrestricted, and
   * report their claims as `started` (GATE6); otherwise each asks, as after a hello.
   */
  | { readonly type: 'standing'; readonly isGiven: boolean }
  /** The grant of a running claim changed; apply masks, leave pools alone. */
  | { readonly type: 'changed'; readonly id: string; readonly grant: GateGrant }
  /** Sent when a claim queues, when its reason changes, and as a heartbeat. */
  | {
      readonly type: 'waiting';
      readonly id: string;
      readonly sentence: string;
      readonly position: number;
    }
  | ({ readonly type: 'refused'; readonly id: string; readonly message: string } & Refusal)
  /** Interrupt the running cell and print the message in its output. */
  | ({ readonly type: 'interrupt'; readonly id: string; readonly message: string } & Refusal)
  /** Release idle GPU memory, keeping the state (GPU5). */
  | { readonly type: 'free'; readonly gpus: readonly string[] }
  /** A line was refused; nothing changed. */
  | ({ readonly type: 'problem'; readonly message: string } & Refusal);
