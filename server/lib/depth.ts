/** Whether a value has at most so many levels of objects and arrays; examines no more. */
export function isWithinDepth(value: unknown, depthMax: number): boolean {
  if (typeof value !== 'object' || value === null) {
    return true;
  }
  return depthMax > 0 && Object.values(value).every(it => isWithinDepth(it, depthMax - 1));
}
