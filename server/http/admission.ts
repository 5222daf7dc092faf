import type { Socket } from 'node:net';

import type { RequestHandler } from 'express';

import { refusal } from '../protocol/errors';
import { refuse } from './respond';

/** How many whole requests may be in progress at once, including event streams. */
export const REQUESTS_MAX = 128;

/**
 * Admits a limited number of whole requests (API5).
 *
 * #### Notes
 * Runs after the body is read: an incomplete request is not worth any work.
 * `onWhole` is called with the connection of each complete one.
 */
export function admission(onWhole: (socket: Socket) => void): RequestHandler {
  let underWay = 0;
  return (request, response, next) => {
    onWhole(request.socket);
    if (underWay >= REQUESTS_MAX) {
      refuse(response, refusal('TOO_MANY', { limit: REQUESTS_MAX, what: 'requests' }));
      return;
    }
    underWay += 1;
    response.on('close', () => (underWay -= 1));
    next();
  };
}
