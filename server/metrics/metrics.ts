import { Counter, Gauge, Histogram, Registry } from 'prom-client';

import type { Effect } from '../core/effects';
import type { Event } from '../core/events';
import type { Snapshot } from '../protocol/view';
import { ClaimLives, type ClaimOwner, type IClaimCounts } from './claimLives';
import { Gauges } from './gauges';

/** From a millisecond to an hour: what a person does not notice, and what makes one leave. */
const CLAIM_SECONDS = [0.001, 0.01, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600];
const DECISION_SECONDS = [10e-6, 30e-6, 100e-6, 300e-6, 1e-3, 3e-3, 10e-3, 100e-3];

/** What metrics need to know. */
export type MetricsParts = {
  readonly version: string;
  readonly tier: string;
  readonly arbiter: {
    snapshot(): Snapshot;
    /** The group and the user of a holder, as views show them. */
    ownerOf(holderId: string): ClaimOwner;
  };
  /** Whether users appear by name, as the administrator chose. */
  readonly namesUsers: () => boolean;
};

/**
 * Counts what the arbiter does, and shows it in the text format of Prometheus (OBS1).
 *
 * #### Notes
 * Names are stable: what is renamed goes through a release in which both are there. Groups are
 * labels; users are, only where {@link MetricsParts.namesUsers} says so. Figures of the moment
 * are read when somebody asks.
 */
export class Metrics implements IClaimCounts {
  private readonly registry = new Registry();
  private readonly gauges = new Gauges(this.registry);
  private readonly lives: ClaimLives;
  private readonly ends = this.counter('claims_total', 'Claims that ended.', ['group', 'outcome']);
  private readonly waits = this.histogram(
    'claim_wait_seconds',
    'Time from a claim to its grant.',
    CLAIM_SECONDS,
    ['group']
  );
  private readonly runs = this.histogram(
    'claim_run_seconds',
    'Time from a grant to the end of its cell.',
    CLAIM_SECONDS,
    ['group']
  );
  private readonly cpuSeconds = this.counter('claim_cpu_seconds_total', 'CPU time of cells.', [
    'group'
  ]);
  private readonly userCpuSeconds = this.counter(
    'user_claim_cpu_seconds_total',
    'CPU time of the cells of a user.',
    ['user']
  );
  private readonly decisions = this.histogram(
    'decision_seconds',
    'Time that the arbiter takes to decide on one event.',
    DECISION_SECONDS
  );
  private readonly failures = this.counter(
    'enforcement_failures_total',
    'Writes that the operating system refused.',
    ['errno']
  );
  private readonly broughtBack = this.counter(
    'holders_brought_back_total',
    'Holders that had left their confinement and were put back.'
  );

  private readonly culled = this.counter('culled_total', 'Kernels shut down for idleness.', [
    'group'
  ]);

  constructor(private readonly parts: MetricsParts) {
    this.lives = new ClaimLives(this, it => parts.arbiter.ownerOf(it));
    const { version, tier } = parts;
    new Gauge({
      name: 'cellgrant_build_info',
      help: 'Version of Cellgrant, and the tier that enforces grants.',
      labelNames: ['version', 'tier'],
      registers: [this.registry]
    }).set({ version, tier }, 1);
  }

  /** Take in one step of the arbiter, which took so long to decide. */
  observe(event: Event, effects: readonly Effect[], decideMs: number): void {
    this.decisions.observe(decideMs / 1000);
    this.lives.observe(event, effects);
    for (const effect of effects) {
      effect.type === 'culled' && this.culled.inc({ group: effect.group });
    }
    if (event.type === 'enforcementFailed') {
      this.failures.inc({ errno: event.errno });
    } else if (event.type === 'holderBroughtBack') {
      this.broughtBack.inc();
    }
  }

  granted({ group }: ClaimOwner, waitSeconds: number): void {
    this.waits.observe({ group }, waitSeconds);
  }

  ended(
    { group, user }: ClaimOwner,
    outcome: string,
    runSeconds: number | null,
    cpuSeconds: number | null
  ): void {
    this.ends.inc({ group, outcome });
    runSeconds === null || this.runs.observe({ group }, runSeconds);
    if (cpuSeconds !== null) {
      this.cpuSeconds.inc({ group }, cpuSeconds);
      this.parts.namesUsers() && this.userCpuSeconds.inc({ user }, cpuSeconds);
    }
  }

  /** Everything, as text of the exposition format, version 0.0.4. */
  async text(): Promise<string> {
    const snapshot = this.parts.arbiter.snapshot();
    this.lives.keepOnly(
      new Set(snapshot.claims.filter(it => it.state !== 'done').map(it => it.id))
    );
    this.parts.namesUsers() || this.userCpuSeconds.reset();
    this.gauges.show(snapshot, this.parts.namesUsers());
    return this.registry.metrics();
  }

  private counter(name: string, help: string, labelNames: readonly string[] = []): Counter {
    return new Counter({
      name: `cellgrant_${name}`,
      help,
      labelNames,
      registers: [this.registry]
    });
  }

  private histogram(
    name: string,
    help: string,
    buckets: readonly number[],
    labelNames: readonly string[] = []
  ): Histogram {
    return new Histogram({
      name: `cellgrant_${name}`,
      help,
      buckets: [...buckets],
      labelNames,
      registers: [this.registry]
    });
  }
}
