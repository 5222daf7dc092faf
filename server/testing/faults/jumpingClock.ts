import { writeFileSync } from 'node:fs';

/**
 * The wall clock of a process, as its JavaScript sees it: what the file says
 * ahead of the machine's, read at the start and at each SIGUSR2. The monotone
 * clock goes on, as it does when a person or NTP sets the time.
 */
const SCRIPT = (path: string) => `
import { readFileSync } from 'node:fs';
const RealDate = Date;
let aheadMs = 0;
const look = () => { aheadMs = Number(readFileSync(${JSON.stringify(path)}, 'utf8')); };
look();
process.on('SIGUSR2', look);
globalThis.Date = class Date extends RealDate {
  constructor(...args) { args.length ? super(...args) : super(RealDate.now() + aheadMs); }
  static now() { return RealDate.now() + aheadMs; }
};
`;

/** A wall clock that can be set without the machine's. */
export class JumpingClock {
  /** For every process that is to go by this clock. */
  readonly nodeOptions: readonly string[];

  constructor(private readonly path: string) {
    this.jump(0);
    this.nodeOptions = ['--import', `data:text/javascript,${encodeURIComponent(SCRIPT(path))}`];
  }

  /** Set it so far ahead of the machine's (or behind); those that run look at SIGUSR2. */
  jump(aheadMs: number): void {
    writeFileSync(this.path, String(aheadMs));
  }
}
