import { ENTRIES } from './testing/fuzz/entries';
import { fuzz } from './testing/fuzz/fuzz';

/** More messages for a long run: `CELLGRANT_FUZZ=100000`. */
const MESSAGES = Number(process.env['CELLGRANT_FUZZ'] ?? 1000);
const SEED = Number(process.env['CELLGRANT_SEED'] ?? 1);

describe('messages that are nearly right', () => {
  it.each(Object.keys(ENTRIES))(
    `[API5] through %s end no sidecar, keep no cell waiting and leave nothing (seed ${SEED})`,
    async entry => {
      const report = await fuzz(entry, MESSAGES, SEED);
      expect(report).toMatchObject({ messages: MESSAGES, problems: [] });
    },
    60_000 + MESSAGES * 50
  );
});
