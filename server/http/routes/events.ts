import { Router } from 'express';

import { refusal } from '../../protocol/errors';
import { READERS_MAX, type SnapshotFeed } from '../feed';
import { refuse } from '../respond';

/** `GET /events`: server-sent events, each a whole snapshot, the first at once. */
export function events(feed: SnapshotFeed): Router {
  return Router().get('/events', (request, response) => {
    // It may be idle for longer than an answer may.
    request.socket.setTimeout(0);
    response.setHeader('content-type', 'text/event-stream; charset=utf-8');
    response.setHeader('cache-control', 'no-store');
    const leave = feed.join({
      write: text => response.write(text),
      onDrain: listener => response.on('drain', listener),
      close: () => request.socket.destroy()
    });
    if (leave) {
      response.on('close', leave);
    } else {
      // A refusal is JSON, not an event stream.
      response.removeHeader('content-type');
      refuse(response, refusal('TOO_MANY', { limit: READERS_MAX, what: 'readers of events' }));
    }
  });
}
