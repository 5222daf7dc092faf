import { parseCpuList } from '../protocol/cpuset';
import type { Execution } from '../protocol/execution';
import type { NodeView, Snapshot } from '../protocol/view';
import { replay, type ReplayView } from '../replay/replay';
import type { Shape } from '../simulator/node';
import { executionIn, FileError, type Added } from './flat';
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
  const found = file === null ? executionsOf(socket, query) : rowsOf(file);
  for await (const it of found) {
    executions.push(recordedIn(it));
  }
  return replay(executions, shapeOf(node));
}

async function* rowsOf(file: string): AsyncIterable<Added> {
  let number = 0;
  for await (const row of formatOf(file).read(file)) {
    number += 1;
    const execution = executionIn(row, number);
    if (typeof execution.ask?.cpus?.kind !== 'string') {
      throw new FileError(`row ${number}, column "ask": expected what the execution asked for`);
    }
    yield execution;
  }
}

function recordedIn(
  it: Omit<Added, 'sourceSha256'> & { readonly sourceSha256?: string | null }
): Execution {
  const { grant, sourceSha256 = null, ...rest } = it;
  const cpus = grant && (grant.cpus === null ? null : parseCpuList(grant.cpus));
  return { ...rest, sourceHash: sourceSha256, grant: grant && { ...grant, cpus } };
}

function shapeOf({ cpus, memoryBytes, memoryReserveBytes, gpus }: NodeView): Shape {
  return { cpus, memoryBytes, memoryReserveBytes, gpus };
}
