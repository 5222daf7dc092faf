import { Router } from 'express';

/** `GET /healthz`: the sidecar answers. */
export function health(): Router {
  return Router().get('/healthz', (_, response) => {
    response.json({ ok: true });
  });
}
