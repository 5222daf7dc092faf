import type { Effect } from '../core/effects';
import type { Event, HolderUse } from '../core/events';
import type { SeriesOf } from '../protocol/history';
import { STEP_MS, type Sample } from './samples';

/** A mean, and the most; null before anything was measured. */
class Figure {
  private sum = 0;
  private count = 0;
  most: number | null = null;

  add(value: number | null): void {
    if (value !== null) {
      this.sum += value;
      this.count += 1;
      this.most = Math.max(this.most ?? value, value);
    }
  }

  get mean(): number | null {
    return this.count ? this.sum / this.count : null;
  }
}

/** What is measured of one thing. */
type Figures = {
  readonly of: SeriesOf;
  readonly cpus: Figure;
  readonly memory: Figure;
  readonly gpuUse: Figure;
  readonly gpuMemory: Figure;
};

/** Makes one sample of each thing out of what is measured within a step of time. */
export class Sampling {
  private readonly figures = new Map<string, Figures>();
  private readonly runningIds = new Set<string>();
  private readonly waitingIds = new Set<string>();
  private running = new Figure();
  private waiting = new Figure();
  private stepMs = -Infinity;

  /** Take in a step of the arbiter; returns what was measured until then, once its time is over. */
  observe(event: Event, effects: readonly Effect[]): readonly Sample[] {
    const stepMs = Math.floor(event.atMs / STEP_MS) * STEP_MS;
    const done = stepMs > this.stepMs ? this.take() : [];
    this.stepMs = Math.max(stepMs, this.stepMs);
    effects.forEach(it => this.follow(it));
    this.measure(event);
    return done;
  }

  private follow(effect: Effect): void {
    if (effect.type === 'grant' || effect.type === 'regrant') {
      this.waitingIds.delete(effect.claimId);
      this.runningIds.add(effect.claimId);
    } else if (effect.type === 'wait') {
      this.waitingIds.add(effect.claimId);
    } else if (effect.type === 'executed') {
      this.waitingIds.delete(effect.execution.claimId);
      this.runningIds.delete(effect.execution.claimId);
    }
  }

  private measure(event: Event): void {
    if (event.type === 'ticked') {
      this.running.add(this.runningIds.size);
      this.waiting.add(this.waitingIds.size);
    } else if (event.type === 'nodeMeasured') {
      const node = this.figuresOf('node', { kind: 'node' });
      node.cpus.add(event.cpusBusy);
      node.memory.add(event.memoryUsedBytes);
    } else if (event.type === 'useMeasured') {
      event.holders.forEach(it => this.measureHolder(it));
    } else if (event.type === 'gpusMeasured') {
      for (const { uuid, utilisation, memoryUsedBytes } of event.gpus) {
        const gpu = this.figuresOf(`gpu:${uuid}`, { kind: 'gpu', uuid });
        gpu.gpuUse.add(utilisation);
        gpu.gpuMemory.add(memoryUsedBytes);
      }
    }
  }

  private measureHolder({ holderId: id, cpusBusy, memoryBytes, gpuMemoryBytes }: HolderUse): void {
    const holder = this.figuresOf(`holder:${id}`, { kind: 'holder', id });
    holder.cpus.add(cpusBusy);
    holder.memory.add(memoryBytes);
    const onGpus = Object.values(gpuMemoryBytes);
    onGpus.length && holder.gpuMemory.add(onGpus.reduce((sum, it) => sum + it, 0));
  }

  private figuresOf(name: string, of: SeriesOf): Figures {
    const known = this.figures.get(name);
    if (known) {
      return known;
    }
    const [cpus, memory] = [new Figure(), new Figure()];
    const made = { of, cpus, memory, gpuUse: new Figure(), gpuMemory: new Figure() };
    this.figures.set(name, made);
    return made;
  }

  private take(): readonly Sample[] {
    const samples = [...this.figures.values()].map(it => this.sampleOf(it));
    this.figures.clear();
    [this.running, this.waiting] = [new Figure(), new Figure()];
    return samples;
  }

  private sampleOf({ of, cpus, memory, gpuUse, gpuMemory }: Figures): Sample {
    return {
      of,
      atMs: this.stepMs,
      cpus: cpus.mean,
      cpusMax: cpus.most,
      memory: memory.mean,
      memoryMax: memory.most,
      gpuUse: gpuUse.mean,
      gpuMemory: gpuMemory.mean,
      ...(of.kind === 'node' && { running: this.running.mean, waiting: this.waiting.mean })
    };
  }
}
