import type { NodeFacts } from '../../core/events';
import { pathsOf } from '../../core/policy/groups';
import type { Hints } from '../../protocol/hints';
import type { ConfigurationView } from '../../protocol/configuration';
import type { EventBody } from '../arbiter';
import type { IClock } from '../clock';
import type { ConfigFiles } from './configFile';
import type { Configuration } from './configSaid';
import type { IAdministration, Log, PolicyName } from '../ports';

/** The parts that the configuration acts on. */
export type AdministrationParts = {
  /** The files, already read; null if there are none. */
  readonly config: ConfigFiles | null;
  readonly node: NodeFacts;
  readonly clock: IClock;
  readonly log: Log;
  readonly post: (event: EventBody) => void;
  /** Show people these notices, replacing the previous ones on this topic. */
  readonly notice: (topic: string, notices: readonly string[]) => void;
};

/** Puts the configuration in force, at the start and at each reload (CFG1). */
export class Administration implements IAdministration {
  /** The policy in force where the file names none. */
  private policy: PolicyName = 'dynamic';
  /** The configuration at startup: CPUs are reserved, and GPUs fenced, from the start or not at all. */
  private readonly atStart: Configuration | null;
  /** The last policy that the file named. */
  private named: PolicyName | null = null;

  constructor(private readonly parts: AdministrationParts) {
    this.atStart = parts.config?.configuration ?? null;
  }

  /** Put the file in force for the first time; `policy` applies where it names none. */
  begin(policy: PolicyName): void {
    this.policy = policy;
    this.parts.config && this.apply(this.parts.config);
  }

  /** Reload the file; existing grants remain. */
  reload(): void {
    const { config, clock, log } = this.parts;
    if (!config) {
      log('info', 'there is no configuration file to read again: none was named at the start');
      return;
    }
    // A bad file changes nothing, and does not revert a policy chosen since (CFG1).
    config.read(clock.nowMs()) ? this.apply(config) : this.tell(config);
  }

  /** The groups of the configuration in force, as paths such as `atlas/prod`; `all` is none of them. */
  groups(): readonly string[] {
    return ['all', ...pathsOf(this.parts.config?.configuration.sharing.groups ?? [])];
  }

  /** The site's defaults, which come after all others (ADM2). */
  hints(): readonly Hints[] {
    const { defaults = {} } = this.parts.config?.configuration ?? {};
    return Object.keys(defaults).length ? [defaults] : [];
  }

  /** What was read, and what is wrong with it. */
  view(): ConfigurationView {
    return this.parts.config?.view() ?? { file: null, narrows: [], readMs: null, problems: [] };
  }

  private apply(config: ConfigFiles): void {
    const { sharing, memoryReserveBytes, policy, defaults } = config.configuration;
    this.parts.post({ type: 'configured', sharing, memoryReserveBytes, defaults });
    // A policy that the file no longer names is dropped; one that a person chose stays.
    const wanted = policy ?? (this.named && this.policy);
    this.named = policy;
    wanted && this.parts.post({ type: 'policyChosen', policy: wanted, by: null });
    this.tell(config);
  }

  private tell(config: ConfigFiles): void {
    const { node, notice } = this.parts;
    const { memoryReserveBytes, reservedCpus, fencesGpus } = config.configuration;
    const notices = [...config.notices()];
    const untilThen = 'until the sidecar is started again.';
    if (this.atStart && reservedCpus !== this.atStart.reservedCpus) {
      const kept = `${this.atStart.reservedCpus} are kept back`;
      notices.push(`"reserve.cpus" is ${reservedCpus} now; ${kept} ${untilThen}`);
    }
    if (this.atStart && fencesGpus !== this.atStart.fencesGpus) {
      notices.push(`"gpus.fence" is ${fencesGpus} now; that has no effect ${untilThen}`);
    }
    if ((memoryReserveBytes ?? 0) >= node.memoryBytes) {
      notices.push('"reserve.memory" is all of this node: no cell that names "memory" can run.');
    }
    notice('configuration', notices);
  }
}
