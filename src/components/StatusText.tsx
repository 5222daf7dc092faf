import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { Snapshot } from '../../server/protocol/view';
import type { Connection } from '../tokens';
import { Glyph } from './Glyph';
import { memoryFigures, promisedText } from './memoryText';

/** The item of the status bar: what is granted, and whether a cell of this server waits. */
export function StatusText(props: {
  readonly trans: TranslationBundle;
  readonly connection: Connection;
  readonly snapshot: Snapshot | null;
  /** Waiting claims of this server's kernels. */
  readonly waiting: number;
  readonly onClick: () => void;
}): JSX.Element {
  const { trans, snapshot, connection, waiting } = props;
  const figures = snapshot ? memoryFigures(trans, snapshot.node) : [];
  return (
    <button
      className="cg-Status"
      onClick={props.onClick}
      title={[...figures, trans.__('Click to show the resources of this node.')].join(' · ')}
    >
      {snapshot ? (
        <>
          <span>{trans.__('CPU %1/%2', snapshot.node.cpusGranted, snapshot.node.cpus)}</span>
          <span>{promisedText(trans, snapshot.node)}</span>
          {snapshot.node.gpus.length > 0 && (
            <span>{trans.__('GPU %1/%2', leasedGpus(snapshot), snapshot.node.gpus.length)}</span>
          )}
          {waiting > 0 && (
            <span className="cg-Status-waiting">
              <Glyph name="wait" /> {trans.__('%1 waiting', waiting)}
            </span>
          )}
        </>
      ) : (
        <span>{absenceText(trans, connection)}</span>
      )}
    </button>
  );
}

function absenceText(trans: TranslationBundle, { state }: Connection): string {
  switch (state) {
    case 'away':
      return trans.__('Cellgrant is away');
    case 'lost':
      return trans.__('The server does not answer');
    default:
      return trans.__('Cellgrant …');
  }
}

function leasedGpus(snapshot: Snapshot): number {
  return snapshot.node.gpus.filter(gpu => gpu.leasedTo.length > 0).length;
}
