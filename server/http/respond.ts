import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';

import type { Log } from '../daemon/ports';
import { CATALOGUE } from '../protocol/catalogue';
import { refusal, sentenceOf, type Refusal } from '../protocol/errors';
import type { ErrorBody } from '../protocol/view';
import { RefusalError } from './refusalError';

/** Answer a request with a refusal of the catalogue. */
export function refuse(response: Response, why: Refusal): void {
  const body: ErrorBody = { code: why.code, message: sentenceOf(why) };
  response.status(CATALOGUE[why.code].status).json(body);
}

/** Answer that something was done, or with the reason why it was not. */
export function done(response: Response, why: Refusal | null): void {
  why ? refuse(response, why) : response.status(204).end();
}

/** Answer with a JSON text. */
export function answerText(response: Response, json: string): void {
  response.type('json').send(json);
}

/** Answer with a value, or with the reason why there is none. */
export function answer(response: Response, value: object | null, why: Refusal): void {
  if (value) {
    response.json(value);
  } else {
    refuse(response, why);
  }
}

/** Answers requests that match no route. */
export const unknownRoute: RequestHandler = (request: Request, response: Response) => {
  refuse(response, refusal('ROUTE_UNKNOWN', { method: request.method, path: request.path }));
};

/** Express's own errors as refusals of the catalogue. */
function refusalFor(error: unknown, { method, path }: Request): Refusal | null {
  if (error instanceof RefusalError) {
    return error.refusal;
  }
  if (error instanceof URIError) {
    return refusal('ROUTE_UNKNOWN', { method, path });
  }
  const { status, message } = error as { status?: number; message?: string };
  return status !== undefined && status >= 400 && status < 500
    ? refusal('BODY_INVALID', { what: message ?? 'it is malformed' })
    : null;
}

/** Turn errors thrown on the way into answers; a bug of ours is logged. */
export function errorsToRefusals(log: Log): ErrorRequestHandler {
  // Express recognises an error handler by its four parameters.
  return (error: unknown, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const known = refusalFor(error, request);
    if (!known) {
      const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
      log('error', `a mistake in ${request.method} ${request.path}: ${why}`);
    }
    refuse(response, known ?? refusal('INTERNAL', { what: `${request.method} ${request.path}` }));
  };
}
