import { createHmac, createSecretKey, randomBytes, type KeyObject } from 'node:crypto';

import * as z from 'zod';

import { errnoOf } from '../host/files';
import type { IOwnFiles } from '../host/ownDirectory';

const NAME = 'source.key';
const KEY_BYTES = 32;
const KEY = z.string().regex(/^[0-9a-f]{64}$/, 'it is not a key');

/** How much of a digest names a source, in hexadecimal digits: 128 bits. */
const DIGITS = 32;

/**
 * The key of this directory for hashes of sources (HIST3).
 *
 * #### Notes
 * A plain hash of a short cell can be looked up by trying what people write. With the key, it only
 * tells that two cells are the same. It survives restarts, so that it tells so across them; where it
 * cannot be stored, it lasts as long as this process.
 */
export class SourceKey {
  /** As an object: of bytes, Node 24 makes one for each hash, which takes ten times as long as the hash. */
  private key: KeyObject | null = null;

  constructor(private readonly files: Pick<IOwnFiles, 'load' | 'replace'> & IComplains) {}

  /** The hash of a source, keyed; the same one for the same hash, and null for none. */
  keyed(sourceHash: string | null): string | null {
    if (sourceHash === null) {
      return null;
    }
    this.key ??= createSecretKey(this.load() ?? this.make());
    return createHmac('sha256', this.key).update(sourceHash).digest('hex').slice(0, DIGITS);
  }

  private load(): Buffer | null {
    const text = this.files.load(NAME, value => KEY.parse(value));
    return text === null ? null : Buffer.from(text, 'hex');
  }

  private make(): Buffer {
    const key = randomBytes(KEY_BYTES);
    try {
      this.files.replace(NAME, `${JSON.stringify(key.toString('hex'))}\n`);
    } catch (failure) {
      this.files.complain(NAME, `could not be written: ${errnoOf(failure)}`);
    }
    return key;
  }
}

/** Describes what is wrong with a file. */
interface IComplains {
  complain(name: string, sentence: string): void;
}
