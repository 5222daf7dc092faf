import { findHierarchies } from '../host/cgroupfs';
import { DiskFiles } from '../host/files';
import { enforcerContract } from '../testing/enforcerContract';
import { RealRig } from '../testing/realRig';

const files = new DiskFiles();

/** Whether a directory can be made in this process's own cpuset of version 1. */
function hasWritableV1(): boolean {
  const cpuset = findHierarchies(files).find(
    it => it.version === 1 && it.controllers.includes('cpuset')
  );
  const trial = `${cpuset?.directory}/cellgrant-trial-${process.pid}`;
  try {
    files.makeDirectory(trial);
    files.removeDirectory(trial);
    return true;
  } catch {
    return false;
  }
}

const where = { it, describe: hasWritableV1() ? describe : describe.skip };

enforcerContract(
  where,
  'real cgroup v1 (needs one that can be written)',
  async () => new RealRig('cgroup-v1')
);
enforcerContract({ describe, it }, 'real affinity', async () => new RealRig('affinity'));
enforcerContract({ describe, it }, 'real none', async () => new RealRig('none'));
