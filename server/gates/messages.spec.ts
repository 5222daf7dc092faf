import type { z } from 'zod';

import { parseCpuList } from '../protocol/cpuset';
import type { GateMessage } from '../protocol/gate';
import messages from '../testing/gateMessages.json';
import { type MESSAGE, parseLine } from './parse';

/** A message as it may be said, which `GateMessage` states. */
type WireMessage = z.input<typeof MESSAGE>;

/** Every field at whatever depth, as a path; what may have any names counts as one. */
type Fields<T> = T extends readonly (infer Item)[]
  ? Fields<Item>
  : T extends object
    ? string extends keyof T
      ? never
      : { [K in keyof T & string]-?: K | `${K}.${Fields<NonNullable<T[K]>>}` }[keyof T & string]
    : never;

type FieldsByType<M extends { readonly type: string }> = {
  [T in M['type']]: Fields<Extract<M, { readonly type: T }>>;
};

type Writable<T> = T extends readonly (infer Item)[]
  ? Writable<Item>[]
  : T extends object
    ? { -readonly [K in keyof T]: Writable<T[K]> }
    : T;

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

/** A field of a message, CPUs as they are read. */
function cpusRead(name: string, value: unknown): unknown {
  const isList = ['cpus', 'affinity', 'cpuset'].includes(name) && typeof value === 'string';
  return isList ? parseCpuList(value) : value;
}

describe('the messages of gates', () => {
  it('[GATE11] have the fields that the parser reads, or this does not compile', () => {
    const hasSameFields: Same<FieldsByType<GateMessage>, FieldsByType<WireMessage>> = true;
    const isTaken: Writable<GateMessage> extends WireMessage ? true : false = true;
    expect([hasSameFields, isTaken]).toEqual([true, true]);
  });

  // test_messages.py holds what is really sent against the same table.
  it.each(messages)('[GATE11] are read with each of their fields: $type', message => {
    const text = JSON.stringify(message);
    expect(parseLine(text)).toMatchObject({ message: JSON.parse(text, cpusRead) });
  });
});
