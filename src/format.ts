import type { TranslationBundle } from '@jupyterlab/translation';

import {
  amountInWords,
  bytesBeside,
  bytesInWords,
  bytesOfAmount,
  bytesOfTotal
} from '../server/protocol/amounts';
import type { Ask, CpuAsk } from '../server/protocol/ask';
import { parseCpuList } from '../server/protocol/cpuset';
import type { Phrases } from '../server/protocol/phrases';

export {
  amountInWords as formatAmount,
  bytesInWords as formatBytes
} from '../server/protocol/amounts';

/** Two amounts in the unit of the second: `5.2 of 8 GiB`. */
export function formatBytesOf(trans: TranslationBundle, part: number, whole: number): string {
  return trans.__('%1 of %2', ...bytesOfTotal(part, whole));
}

/** The same beside an amount that a person wrote: `440 of 500 MB`. */
export function formatBytesOfAmount(
  trans: TranslationBundle,
  part: number,
  written: number
): string {
  return trans.__('%1 of %2', ...bytesOfAmount(part, written));
}

/** A measured amount, in the unit of the hint beside which it is read, if there is one. */
export function formatBytesBeside(bytes: number, written: number | null): string {
  return written === null ? bytesInWords(bytes) : bytesBeside(bytes, written);
}

/** A figure with one decimal below ten, none above: `0.4`, `6.1`, `8`, `61`. */
export function formatNumber(value: number): string {
  return value >= 9.95 ? value.toFixed(0) : String(Number(value.toFixed(1)));
}

/** A running clock: `0:38`, `3:12`, `1:02:03`; whole days count as hours. */
export function formatClock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (n: number): string => String(n).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** How long a state lasts: a clock within the first hour, then coarser. */
export function formatAge(ms: number): string {
  return ms < 3_600_000 ? formatClock(ms) : formatSpan(Math.floor(ms / 60_000) * 60_000);
}

/** A past duration: `40 ms`, `4.2 s`, `12 min 4 s`, `5 h 10 min`. */
export function formatSpan(ms: number): string {
  if (ms < 995) {
    return `${Math.max(0, Math.round(ms / 10) * 10)} ms`;
  }
  if (ms < 59_500) {
    return `${Number((ms / 1000).toFixed(1))} s`;
  }
  const whole = Math.round(ms / 1000);
  const minutes = Math.floor(whole / 60);
  const seconds = whole % 60;
  if (minutes < 60) {
    return seconds > 0 ? `${minutes} min ${seconds} s` : `${minutes} min`;
  }
  const rest = minutes % 60;
  const hours = Math.floor(minutes / 60);
  return rest > 0 ? `${hours} h ${rest} min` : `${hours} h`;
}

/** Units of time for people, coarsest first: how far each goes, in what steps, in ms. */
const STEPS = [
  { fromMs: 36_000_000, stepMs: 3_600_000, unitMs: 3_600_000, unit: 'h' },
  { fromMs: 3_600_000, stepMs: 1_800_000, unitMs: 3_600_000, unit: 'h' },
  { fromMs: 600_000, stepMs: 300_000, unitMs: 60_000, unit: 'min' },
  { fromMs: 60_000, stepMs: 60_000, unitMs: 60_000, unit: 'min' },
  { fromMs: 10_000, stepMs: 5000, unitMs: 1000, unit: 's' },
  { fromMs: 0, stepMs: 1000, unitMs: 1000, unit: 's' }
] as const;

/** An imprecise duration: `6–9 s`, `about 10 min`, `less than 2 h`. */
export function formatRange(trans: Phrases, fromMs: number, toMs: number): string {
  const { stepMs, unitMs, unit } = STEPS.find(it => toMs >= it.fromMs) ?? STEPS[5];
  const from = (Math.floor(fromMs / stepMs) * stepMs) / unitMs;
  const to = (Math.max(1, Math.ceil(toMs / stepMs)) * stepMs) / unitMs;
  if (from === 0) {
    return trans.__('less than %1 %2', to, unit);
  }
  return from === to ? trans.__('about %1 %2', to, unit) : trans.__('%1–%2 %3', from, to, unit);
}

/** How many CPUs a list in the kernel's syntax names (`0-3,8` names 5). */
export function countCpus(list: string): number {
  return parseCpuList(list).length;
}

/** A list of CPUs for people: ranges with a dash of their own length. */
export function prettyCpuList(list: string): string {
  return list.replaceAll('-', '–').replaceAll(',', ', ');
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1) || path;
}

/** The requested CPUs: `4 CPUs`, `2–8 CPUs`; empty for `auto`. */
function formatCpuAsk(trans: TranslationBundle, ask: CpuAsk): string {
  switch (ask.kind) {
    case 'auto':
      return '';
    case 'fixed':
      return trans._n('%1 CPU', '%1 CPUs', ask.n);
    case 'range':
      return trans.__('%1–%2 CPUs', ask.min, ask.max);
  }
}

/** What an ask names, in the order of the hints, one text each; empty for nothing. */
export function askParts(trans: TranslationBundle, ask: Ask): string[] {
  const cpus = formatCpuAsk(trans, ask.cpus);
  const parts = [
    ask.exclusive ? trans.__('%1 exclusively', cpus || trans.__('CPUs')) : cpus,
    ask.memoryAuto ? trans.__('memory as in past runs') : '',
    ask.memoryBytes === null ? '' : amountInWords(ask.memoryBytes),
    ask.gpus === 0 ? '' : trans._n('%1 GPU', '%1 GPUs', ask.gpus),
    ask.gpuMemoryBytes === null ? '' : trans.__('%1 VRAM', amountInWords(ask.gpuMemoryBytes)),
    ask.gpuModel ?? ''
  ];
  return parts.filter(part => part !== '');
}
