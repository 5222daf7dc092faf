import { findHierarchies } from '../host/cgroupfs';
import { DiskFiles } from '../host/files';
import { enforcerContract } from '../testing/enforcerContract';
import { fenceContract } from '../testing/fenceContract';
import { RealRig } from '../testing/realRig';

const files = new DiskFiles();

/** Whether a directory can be made in this process's own cgroup of a controller of version 1. */
function hasWritableV1(controller: string): boolean {
  const hierarchy = findHierarchies(files).find(
    it => it.version === 1 && it.controllers.includes(controller)
  );
  const trial = `${hierarchy?.directory}/cellgrant-trial-${process.pid}`;
  try {
    files.makeDirectory(trial);
    files.removeDirectory(trial);
    return true;
  } catch {
    return false;
  }
}

const where = { it, describe: hasWritableV1('cpuset') ? describe : describe.skip };
const whereFenced = { it, describe: hasWritableV1('devices') ? describe : describe.skip };

enforcerContract(
  where,
  'real cgroup v1 (needs one that can be written)',
  async () => new RealRig('cgroup-v1')
);
enforcerContract({ describe, it }, 'real affinity', async () => new RealRig('affinity'));
enforcerContract({ describe, it }, 'real none', async () => new RealRig('none'));

fenceContract(
  whereFenced,
  'real cgroup v1 (needs its device controller, and one that can be written)',
  async () => new RealRig('cgroup-v1', true)
);
