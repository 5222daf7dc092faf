import type { Gpu, GpuUse } from '../core/events';
import type { GpuReading } from './gpuLog';
import { GpuReader, type GpuReaderOptions } from './gpuReader';
import { describeUse, findHiddenUse, findLost, type Belonging } from './gpuUse';

/** What the meter depends on. */
export type GpuMeterOptions = GpuReaderOptions &
  Belonging & {
    /** The GPUs that are handed out. */
    readonly gpus: readonly Gpu[];
    /** Called after each reading, and when figures are no longer available. */
    readonly onMeasured: () => void;
    /** Receives the current notices for people, whenever they change. */
    readonly onNotices: (notices: readonly string[]) => void;
  };

/** The newest figures of the GPUs that are handed out, with the holders of their processes. */
export class GpuMeter {
  private readonly reader: GpuReader;
  private readings: readonly GpuReading[] = [];
  private uses: readonly GpuUse[] = [];
  private trouble: string | null = null;
  private told = '';

  constructor(private readonly options: GpuMeterOptions) {
    this.reader = new GpuReader(
      {
        onReadings: readings => {
          this.readings = readings;
          this.uses = this.describe(readings);
          options.onMeasured();
          this.tell();
        },
        onTrouble: trouble => {
          this.trouble = trouble;
          this.tell();
        }
      },
      options
    );
  }

  /** Start reading; without GPUs nothing is started. Returns a function that stops it. */
  start(): () => void {
    if (this.options.gpus.length > 0) {
      this.reader.start();
    }
    return () => this.reader.stop();
  }

  /** The newest figures; except for lost GPUs, empty before the first reading and while the reader fails. */
  measure(): readonly GpuUse[] {
    return this.uses;
  }

  /** While nothing can be read, GPUs that were lost still count as lost (GPU7). */
  private describe(readings: readonly GpuReading[]): readonly GpuUse[] {
    return readings.length > 0
      ? describeUse(this.options.gpus, readings, this.options)
      : this.uses.filter(it => it.isLost);
  }

  private tell(): void {
    const lost = findLost(this.options.gpus, this.uses);
    const notices = [this.trouble ?? [], lost, findHiddenUse(this.readings)].flat();
    // Figures change all the time; the same GPUs with the same problem are not news.
    const news = notices.map(it => it.replace(/\d+ %/, '')).join('\n');
    if (news !== this.told) {
      this.told = news;
      this.options.onNotices(notices);
    }
  }
}
