import type { Refusal } from '../protocol/errors';

/** Ends a request with a refusal. */
export class RefusalError extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.code);
  }
}
