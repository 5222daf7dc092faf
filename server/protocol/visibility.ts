import type { Caller } from './caller';

/** What one user may see of facts and views (SEC1). Caches results by value, weakly. */
export class Visibility {
  private readonly shown = new WeakMap<object, object>();

  /** The viewer, by name; null for an administrator, who sees everything. */
  constructor(private readonly viewer: string | null) {}

  /** Whether the viewer may see all of something of this user's. */
  seesAllOf(owner: string): boolean {
    return this.viewer === null || this.viewer === owner;
  }

  /**
   * A fact or view as the viewer may see it: a holder of another user is called by that user's
   * name, and what is written in notebooks is omitted. The same object if nothing is hidden.
   */
  of<T>(value: T): T {
    if (this.viewer === null || typeof value !== 'object' || value === null) {
      return value;
    }
    const known = this.shown.get(value);
    if (known) {
      return known as T;
    }
    const made = Array.isArray(value) ? this.ofList(value) : this.ofObject(value);
    this.shown.set(value, made);
    return made as T;
  }

  private ofList(list: readonly unknown[]): readonly unknown[] {
    const made = list.map(it => this.of(it));
    return made.some((it, at) => it !== list[at]) ? made : list;
  }

  private ofObject(value: object): object {
    const made = Object.fromEntries(Object.entries(value).map(([key, it]) => [key, this.of(it)]));
    const { owner } = value as { owner?: unknown };
    if (typeof owner === 'string' && !this.seesAllOf(owner)) {
      return { ...made, ...hidden(value, owner) };
    }
    return Object.entries(value).some(([key, it]) => made[key] !== it) ? made : value;
  }
}

/** What replaces a thing of another user. */
function hidden(value: object, owner: string): object {
  const instead = {
    holderName: owner,
    label: null,
    cellId: null,
    notebook: null,
    why: null,
    ...(isOfHolder(value) && { name: owner, pid: 0 })
  };
  return Object.fromEntries(Object.entries(instead).filter(([key]) => key in value));
}

/** Whether it is a holder, or a process of one on a GPU; a process of no holder is shown as it is (GPU4). */
function isOfHolder(value: object): boolean {
  const { holderId } = value as { holderId?: unknown };
  return 'gated' in value || ('pid' in value && typeof holderId === 'string');
}

const EVERYTHING = new Visibility(null);

/** What a user may see now, which a reload of the configuration changes at any time. */
export function visibilityOf(
  caller: Caller,
  administrators: { includes(caller: Caller): boolean }
): () => Visibility {
  const own = new Visibility(caller.name);
  return () => (administrators.includes(caller) ? EVERYTHING : own);
}
