import type { Request, RequestHandler, Response } from 'express';

import { refusal } from '../protocol/errors';
import { refuse } from './respond';

/** The longest request body that is read, in bytes. */
const BODY_BYTES_MAX = 64 * 1024;

/** How much of a header a refusal quotes, in characters. */
export const SHOWN_CHARS_MAX = 40;

/**
 * Reads the body of a request into `request.body`, as bytes, regardless of its content type.
 *
 * #### Notes
 * A body that is declared too long is refused at once, one that turns out too long as soon as it
 * does: nothing more of it is read. Compressed bodies are refused: decoders are code that a
 * request could break.
 */
export const readBody: RequestHandler = (request, response, next) => {
  const { 'content-encoding': encoding, 'content-length': length } = request.headers;
  if (Number(length) > BODY_BYTES_MAX) {
    refuseLarge(response);
  } else if (encoding !== undefined && encoding !== 'identity') {
    const what = `it is encoded as "${encoding.slice(0, SHOWN_CHARS_MAX)}", but only plain text is read`;
    refuse(response, refusal('BODY_INVALID', { what }));
  } else {
    collect(request, response, next);
  }
};

function collect(request: Request, response: Response, next: () => void): void {
  const pieces: Buffer[] = [];
  let bytes = 0;
  const take = (piece: Buffer) => {
    bytes += piece.length;
    if (bytes <= BODY_BYTES_MAX) {
      pieces.push(piece);
      return;
    }
    request.off('data', take).off('end', done).pause();
    refuseLarge(response);
  };
  const done = () => {
    request.body = Buffer.concat(pieces);
    next();
  };
  request.on('data', take).on('end', done);
}

function refuseLarge(response: Response): void {
  refuse(response, refusal('BODY_TOO_LARGE', { limit: BODY_BYTES_MAX }));
}
