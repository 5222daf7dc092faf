/** One promise about speed or size, and whether it is kept; ids do not change between versions. */
export type Bar = {
  readonly id: string;
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly bound: number;
  /** On which side of the bound values are good; the bound itself is. */
  readonly better: 'lower';
  readonly met: boolean;
};
