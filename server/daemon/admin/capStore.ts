import * as z from 'zod';

import { withoutOrder, withOrder, isSameOwner, type CapOrder } from '../../core/cap/capOrders';
import type { OwnDirectory } from '../../host/ownDirectory';
import type { CapOwner } from '../../protocol/facts';
import { StateFile } from '../stateFile';

const COUNT = z.number().min(0).exactOptional();
const CPUS = z.union([
  z.object({ kind: z.literal('static'), cpus: z.number().positive() }),
  z.object({ kind: z.literal('fraction'), of: z.number().positive().max(1) })
]);
const ORDERS = z.array(
  z.object({
    of: z.object({ group: z.string(), user: z.string().nullable() }),
    caps: z.object({
      kernels: COUNT,
      cells: COUNT,
      memoryBytes: COUNT,
      gpus: COUNT,
      cpus: CPUS.exactOptional()
    }),
    by: z.string(),
    why: z.string().nullable(),
    sinceMs: z.number()
  })
);

/** Stores the caps that administrators have ordered, for the next sidecar (ADMIN7). */
export class CapStore {
  private orders: readonly CapOrder[] = [];
  private readonly file: StateFile;

  constructor(directory: OwnDirectory) {
    this.file = new StateFile(directory, 'caps.json');
  }

  /** Those that the previous sidecar left. */
  load(): readonly CapOrder[] {
    return (this.orders = this.file.load(value => ORDERS.parse(value)) ?? []);
  }

  /** Whether one stands for this owner. */
  has(of: CapOwner): boolean {
    return this.orders.some(it => isSameOwner(it.of, of));
  }

  /** Add this one; all that stand then. */
  add(order: CapOrder): readonly CapOrder[] {
    return (this.orders = withOrder(this.orders, order));
  }

  /** Take those for this owner back; all that stand then. */
  remove(of: CapOwner): readonly CapOrder[] {
    return (this.orders = withoutOrder(this.orders, of));
  }

  /** Save those that stand; resolves when they are on the disk, or could not be written for now. */
  save(): Promise<void> {
    return this.file.save(this.orders);
  }
}
