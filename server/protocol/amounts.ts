type Unit = { readonly name: string; readonly bytes: number };

const KIB = 1024;

/** Sizes at which people count memory, largest first: as machines do, and in powers of ten. */
const SIZES: readonly (readonly [Unit, Unit])[] = [4, 3, 2].map(power => {
  const letter = ' KMGT'[power]!;
  return [
    { name: `${letter}iB`, bytes: KIB ** power },
    { name: `${letter}B`, bytes: 1000 ** power }
  ];
});

const SMALL: readonly Unit[] = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'].map((name, power) => ({
  name,
  bytes: KIB ** power
}));

/** The decimals that express an amount exactly in a unit, at most two; Infinity if these do not suffice. */
function decimalsIn(bytes: number, unit: Unit): number {
  const amount = bytes / unit.bytes;
  // Hints are stored in whole bytes, and 1.7 GiB is not a whole number of bytes.
  const isExact = (n: number) => Math.abs(Number(amount.toFixed(n)) * unit.bytes - bytes) <= 1 / 2;
  return amount >= 1 ? ([0, 1, 2].find(isExact) ?? Infinity) : Infinity;
}

/**
 * The unit in which somebody wrote an amount: the largest that expresses it exactly.
 *
 * #### Notes
 * 500 MB are 476.84 MiB, and 1500 MiB are 1.46 GiB, so an amount reveals its unit.
 * An amount that nobody wrote gets the usual unit of its size.
 */
function unitOf(bytes: number): Unit {
  for (const units of SIZES) {
    const [binary, decimal] = units.map(unit => decimalsIn(bytes, unit)) as [number, number];
    if (Math.min(binary, decimal) < Infinity) {
      return units[decimal < binary ? 1 : 0];
    }
  }
  return ordinary(bytes);
}

function ordinary(bytes: number): Unit {
  return [...SMALL].reverse().find(unit => bytes >= unit.bytes) ?? SMALL[0]!;
}

function rounded(amount: number): string {
  return `${Number(amount.toFixed(amount < 9.95 ? 1 : 0))}`;
}

/** A measured amount of memory: `8.2 GiB`, `512 MiB`. */
export function bytesInWords(bytes: number): string {
  const unit = ordinary(bytes);
  return `${rounded(bytes / unit.bytes)} ${unit.name}`;
}

/** The most of something, never rounded up: whoever asks for what it says does not exceed it. */
export function bytesAtMost(bytes: number): string {
  const unit = ordinary(bytes);
  return `${Math.floor((bytes / unit.bytes) * 10) / 10} ${unit.name}`;
}

/** An amount that somebody wrote, as they did: `500 MB`, `1.25 GiB`, `1500 MiB`. */
export function amountInWords(bytes: number): string {
  const unit = unitOf(bytes);
  const decimals = decimalsIn(bytes, unit);
  const amount = bytes / unit.bytes;
  return `${decimals < Infinity ? Number(amount.toFixed(decimals)) : rounded(amount)} ${unit.name}`;
}

/** A number in a unit; undefined for an amount so small that it would be `0`. */
function roundedIn(bytes: number, unit: Unit): string | undefined {
  const number = rounded(bytes / unit.bytes);
  return number === '0' && bytes > 0 ? undefined : number;
}

/** A measured amount beside one that somebody wrote, in the unit of that one unless it is too small. */
export function bytesBeside(bytes: number, writtenBytes: number): string {
  const unit = unitOf(writtenBytes);
  const number = roundedIn(bytes, unit);
  return number === undefined ? bytesInWords(bytes) : `${number} ${unit.name}`;
}

/**
 * The number of a measured amount in the unit of a total, and that total in words: `5.2`, `8 GiB`.
 *
 * #### Notes
 * An amount too small for that unit keeps its own: `36 MiB`, `14 GiB`.
 */
export function bytesOfTotal(bytes: number, totalBytes: number): readonly [string, string] {
  const number = roundedIn(bytes, ordinary(totalBytes));
  return [number ?? bytesInWords(bytes), bytesInWords(totalBytes)];
}

/** The same for an amount that somebody wrote. */
export function bytesOfAmount(bytes: number, writtenBytes: number): readonly [string, string] {
  const number = roundedIn(bytes, unitOf(writtenBytes));
  return [number ?? bytesInWords(bytes), amountInWords(writtenBytes)];
}

/** A span of time as people say it: `12 s`, `3 min`, `2.5 h`. */
export function spanInWords(ms: number): string {
  if (ms < 1000) {
    return `${Math.round(ms)} ms`;
  }
  const [amount, unit] =
    ms < 90_000 ? [ms / 1e3, 's'] : ms < 5_400_000 ? [ms / 6e4, 'min'] : [ms / 36e5, 'h'];
  return `${Number((amount as number).toFixed((amount as number) < 10 ? 1 : 0))} ${unit}`;
}
