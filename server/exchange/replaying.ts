import { parseCpuList } from '../protocol/cpuset';
import type { Execution } from '../protocol/execution';
import type { NodeView, Snapshot } from '../protocol/view';
import { replay, type ReplayView } from '../replay/replay';
import type { Shape } from '../simulator/node';
import { executionIn } from './flat';
import { formatOf } from './formats';
import { executionsOf, snapshotOf } from './sidecar';

/**
 * What each policy would have done with the executions of a file, or with those of this sidecar that a query finds,
 * on this sidecar's node.
 */
export async function replayOf(
  socket: string,
  file: string | null,
  query: string
): Promise<ReplayView> {
  const { node } = (await snapshotOf(socket)) as Snapshot;
  const executions: Execution[] = [];
  for await (const it of file === null ? recorded(socket, query) : rowsOf(file)) {
    executions.push(it);
  }
  return replay(executions, shapeOf(node));
}

async function* rowsOf(file: string): AsyncIterable<Execution> {
  let number = 0;
  for await (const row of formatOf(file).read(file)) {
    number += 1;
    yield executionIn(row, number);
  }
}

async function* recorded(socket: string, query: string): AsyncIterable<Execution> {
  for await (const { grant, ...it } of executionsOf(socket, query)) {
    const cpus = grant && (grant.cpus === null ? null : parseCpuList(grant.cpus));
    yield { ...it, sourceHash: null, grant: grant && { ...grant, cpus } };
  }
}

function shapeOf({ cpus, memoryBytes, memoryReserveBytes, gpus }: NodeView): Shape {
  return { cpus, memoryBytes, memoryReserveBytes, gpus };
}
