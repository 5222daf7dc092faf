import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { Connection } from '../tokens';
import { Glyph } from './Glyph';

/** What applies while nothing is known of this node; empty while it is known. */
export function Absence(props: {
  readonly trans: TranslationBundle;
  readonly connection: Connection;
}): JSX.Element | null {
  const { trans, connection } = props;
  switch (connection.state) {
    case 'live':
      return null;
    case 'connecting':
      return (
        <p className="cg-Empty" role="status">
          {trans.__('Asking for the state of this node…')}
        </p>
      );
    case 'away':
      return (
        <Notice
          title={trans.__('Cellgrant is not running')}
          text={trans.__(
            'Cells run as in plain Jupyter: nothing waits, and nothing is limited. This page keeps looking for it.'
          )}
          why={connection.message}
        />
      );
    case 'lost':
      return (
        <Notice
          title={trans.__('The Jupyter server does not answer')}
          text={trans.__(
            'Whether cells wait or run cannot be seen from here. This page keeps asking, and goes on by itself.'
          )}
          why={connection.message}
        />
      );
  }
}

function Notice(props: {
  readonly title: string;
  readonly text: string;
  readonly why: string;
}): JSX.Element {
  return (
    <div className="cg-Away" role="status">
      <strong>
        <Glyph name="warn" /> {props.title}
      </strong>
      <p>{props.text}</p>
      {props.why && <p className="cg-Small">{props.why}</p>}
    </div>
  );
}
