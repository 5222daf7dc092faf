import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  rmdirSync,
  symlinkSync,
  writeFileSync
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { OwnDirectory } from '../host/ownDirectory';
import { StateFile } from './stateFile';

describe('KeptFile', () => {
  let dir: string;
  let log: string[];

  const open = () =>
    new StateFile(
      OwnDirectory.open(dir, sentence => void log.push(sentence)),
      'kept.json'
    );
  const asIs = (value: unknown) => value;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'kept-'));
    log = [];
  });

  afterEach(() => rmSync(dir, { recursive: true }));

  it('keeps the newest value, and nothing beside it', async () => {
    const file = open();
    await Promise.all([1, 2, 3].map(value => file.save({ value })));
    expect(open().load(asIs)).toEqual({ value: 3 });
    expect(readdirSync(dir)).toEqual(['kept.json']);
    expect(log).toEqual([]);
  });

  it('[SEC3] writes through no link that somebody made where it drafts', async () => {
    writeFileSync(join(dir, 'precious'), 'untouched');
    symlinkSync('precious', join(dir, 'kept.json.new'));
    await open().save(1);
    expect(readFileSync(join(dir, 'precious'), 'utf8')).toBe('untouched');
    expect(open().load(asIs)).toBe(1);
  });

  it('[ENF7] keeps a value at once, and no older one that is under way after it', async () => {
    const file = open();
    const seen = new Set<unknown>();
    void file.save(1);
    file.saveNow(2);
    let isKept = false;
    void file.save(2).then(() => (isKept = true));
    while (!isKept) {
      seen.add(open().load(asIs));
      await new Promise(resolve => setImmediate(resolve));
    }
    expect([...seen]).toEqual([2]);
    await file.save(3);
    expect(open().load(asIs)).toBe(3);
    expect(readdirSync(dir)).toEqual(['kept.json']);
  });

  it('passes over what is missing in silence, and what is damaged by name', () => {
    expect(open().load(asIs)).toBeNull();
    expect(log).toEqual([]);
    writeFileSync(join(dir, 'kept.json'), '{"half');
    expect(open().load(asIs)).toBeNull();
    expect(log.join()).toContain('kept.json is ignored');
  });

  it('[ENF4] keeps the newest value once the disk takes it again', async () => {
    const inTheWay = join(dir, 'kept.json.new');
    mkdirSync(inTheWay);
    const file = open();
    await file.save(1);
    await file.save(2);
    rmdirSync(inTheWay);
    while (open().load(asIs) !== 2) {
      await new Promise(resolve => setTimeout(resolve, 10));
    }
    expect(log).toHaveLength(1);
  });

  it('[SEC4] goes on where the disk does not take it, and says so', async () => {
    mkdirSync(join(dir, 'kept.json'));
    const file = open();
    await file.save(1);
    expect(log.join()).toMatch(/kept.json could not be written: E(ISDIR|NOTEMPTY|EXIST)$/);
    file.saveNow(2);
    await expect(file.save(3)).resolves.toBeUndefined();
    expect(log).toHaveLength(1);
  });
});
