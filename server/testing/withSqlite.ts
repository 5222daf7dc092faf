import { HAS_SQLITE } from '../store/sqlite';

/**
 * Describes what needs `node:sqlite`, and skips it where this Node is older than 22.13: `npm test` runs
 * on the Node that comes with the product.
 */
export const sqlite = { describe: HAS_SQLITE ? describe : describe.skip };
