import { PROC, V1, directoryOf, parseCgroups, type Hierarchy } from '../../host/cgroupfs';
import { isAbsent, listOrNone, readOrNull, type IHostFiles } from '../../host/files';
import { holderIn, placeName, type Group } from './group';

/** What the layout depends on. */
type LayoutParts = {
  readonly files: IHostFiles;
  readonly hierarchies: readonly Hierarchy[];
  readonly group: Group;
};

/** Where the directories of holders are, and which processes are in them. */
export class Layout {
  constructor(private readonly parts: LayoutParts) {}

  /** The directory that contains all holders' directories. */
  groupIn(hierarchy: Hierarchy): string {
    return `${slashless(hierarchy.directory)}/${this.parts.group.name}`;
  }

  directoryOf(hierarchy: Hierarchy, holderId: string): string {
    return `${this.groupIn(hierarchy)}/${placeName(holderId)}`;
  }

  /** The holder whose directory, or a directory below it, contains a process. */
  holderOf(pid: number): string | null {
    const [hierarchy] = this.parts.hierarchies;
    const group = hierarchy && `${this.groupIn(hierarchy)}/`;
    const directory = hierarchy && this.directoriesIn(this.cgroupsOf(pid))(hierarchy);
    const name = group && directory?.startsWith(group) && directory.slice(group.length);
    return name ? holderIn(name.split('/')[0]!) : null;
  }

  /** Holders that have a directory. */
  found(): readonly string[] {
    const { files, hierarchies } = this.parts;
    return hierarchies.flatMap(hierarchy =>
      listOrNone(files, this.groupIn(hierarchy)).flatMap(it => holderIn(it) ?? [])
    );
  }

  exists(directory: string): boolean {
    return !isAbsent(this.parts.files, `${directory}/${V1.procs}`);
  }

  cgroupsOf(pid: number): string {
    return readOrNull(this.parts.files, PROC.cgroups(pid)) ?? '';
  }

  /** The cgroup of a process in each hierarchy, from the text of /proc/PID/cgroup. */
  directoriesIn(text: string): (hierarchy: Hierarchy) => string {
    const paths = parseCgroups(text);
    return hierarchy => {
      const path = paths.get(hierarchy.version === 2 ? '' : hierarchy.controllers[0]!);
      return path === undefined ? hierarchy.directory : directoryOf(hierarchy, path);
    };
  }
}

/** Whether a directory is another one, or below it. */
export function isBelow(directory: string, other: string): boolean {
  return directory === other || directory.startsWith(`${other}/`);
}

function slashless(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}
