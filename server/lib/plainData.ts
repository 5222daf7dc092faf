/** Whether two values of plain data are equal: objects and arrays of primitives, without cycles. */
export function isSame(a: unknown, b: unknown): boolean {
  if (a === b || typeof a !== 'object' || typeof b !== 'object' || !a || !b) {
    return Object.is(a, b);
  }
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every(name =>
      isSame((a as Record<string, unknown>)[name], (b as Record<string, unknown>)[name])
    )
  );
}
