import type { Socket } from 'node:net';

import type { RequestHandler } from 'express';

import { refusal } from '../protocol/errors';
import { refuse } from './respond';

/** How many whole requests may be under way at once, those that read events among them. */
export const REQUESTS_MAX = 128;

/**
 * Lets so many whole requests in (API5).
 *
 * #### Notes
 * Stands behind what reads the body: a request that is not whole is nothing to work on.
 * `onWhole` is called with the connection of each that is.
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
