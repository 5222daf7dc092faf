import { ENTRIES } from './testing/fuzz/entries';
import { fuzz } from './testing/fuzz/fuzz';

/** More messages for a long run: `CELLGRANT_FUZZ=100000`. */
const MESSAGES = Number(process.env['CELLGRANT_FUZZ'] ?? 1000);
const SEED = Number(process.env['CELLGRANT_SEED'] ?? 1);

/** What has to be among the answers, or nothing came through. */
const COME: Readonly<Record<string, readonly string[]>> = {
  gate: ['welcome', 'granted', 'refused', 'problem', 'launch', 'registered', 'gone'],
  http: ['200', '400', '404', '422'],
  files: ['ignored'],
  configuration: ['read', 'wrong'],
  users: ['refused', 'served']
};

describe('messages that are nearly right', () => {
  it.each(Object.keys(ENTRIES))(
    `[API5] through %s end no sidecar, keep no cell waiting and leave nothing (seed ${SEED})`,
    async entry => {
      const report = await fuzz(entry, MESSAGES, SEED);
      expect(report).toMatchObject({ messages: MESSAGES, problems: [] });
      expect(Object.keys(report.answers)).toEqual(expect.arrayContaining([...COME[entry]!]));
    },
    60_000 + MESSAGES * 50
  );
});
