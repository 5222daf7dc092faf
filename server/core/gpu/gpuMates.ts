import type { Gpu } from '../events';

/**
 * The GPUs that draw on the memory of this one, including itself: more than
 * one if MIG slices are compute instances of the same GPU instance.
 */
export function memoryMates(gpus: readonly Gpu[], gpu: Gpu): readonly Gpu[] {
  const { slice } = gpu;
  return slice
    ? gpus.filter(it => it.slice?.gpu === slice.gpu && it.slice.gpuInstance === slice.gpuInstance)
    : [gpu];
}
