import type { Request } from 'express';
import * as z from 'zod';

import type { CapsOrdered } from '../daemon/ports';
import type { CapOwner } from '../protocol/facts';
import { parseBytes } from '../protocol/hints';
import { parseCpus } from '../protocol/quota';
import { invalid, parsed } from './parse';
import { NAME, WHY } from './parseOrders';

/** The most of anything that is counted, as in the configuration. */
const COUNT_MAX = 65_536;
const GPUS_MAX = 1024;

function whole(max: number, min: number) {
  const expected = `expected a whole number from ${min} to ${max}`;
  return z.int(expected).min(min, expected).max(max, expected).exactOptional();
}

function amount<T>(parse: (value: unknown) => T | undefined, expected: string) {
  return z
    .union([z.number(), z.string()], expected)
    .transform((value, context) => {
      const it = parse(value);
      it === undefined && context.addIssue({ code: 'custom', message: expected });
      return it === undefined ? z.NEVER : it;
    })
    .exactOptional();
}

const CPUS = 'expected a number of CPUs above 0, or a part of the node up to "100%"';
const CAPS = z
  .strictObject(
    {
      kernels: whole(COUNT_MAX, 1),
      cells: whole(COUNT_MAX, 1),
      memory: amount(parseBytes, 'expected an amount such as "4 GiB"'),
      gpus: whole(GPUS_MAX, 0),
      cpus: amount(parseCpus, CPUS)
    },
    { error: 'expected an object with kernels, cells, memory, gpus or cpus, or null' }
  )
  .refine(
    it => Object.keys(it).length > 0,
    'expected at least one of kernels, cells, memory, gpus and cpus'
  )
  .transform(({ memory, ...same }) => ({
    ...same,
    ...(memory !== undefined && { memoryBytes: memory })
  }));
/** A user's own name: what else the configuration may name has a character that no user's has. */
const USER = NAME.refine(it => /^[^@:][^:]*$/u.test(it), 'expected the name of a user');
const CAP = z.strictObject(
  { user: USER.exactOptional(), group: NAME.exactOptional(), caps: CAPS.nullable(), why: WHY },
  { error: 'expected a JSON object such as {"user": "ann", "caps": {"gpus": 2}}' }
);

/** Who is capped, how, and why; the caps are null to take them back. */
export type Capping = {
  readonly of: CapOwner;
  readonly caps: CapsOrdered | null;
  readonly why: string | null;
};

/** The body of `POST /admin/cap`: a user or a group. */
export function parseCap(request: Request): Capping {
  const { user = null, group = null, caps, why } = parsed(CAP, request);
  if ((user === null) === (group === null)) {
    throw invalid('expected either "user" or "group"');
  }
  return { of: { group: group ?? 'all', user }, caps, why };
}
