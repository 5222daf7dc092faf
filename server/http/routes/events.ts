import { Router } from 'express';

import type { SnapshotFeed } from '../feed';

/** `GET /events`: server-sent events, each a whole snapshot, the first at once. */
export function events(feed: SnapshotFeed): Router {
  return Router().get('/events', (_, response) => {
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store'
    });
    const leave = feed.join({
      write: text => response.write(text),
      onDrain: listener => response.on('drain', listener)
    });
    response.on('close', leave);
  });
}
