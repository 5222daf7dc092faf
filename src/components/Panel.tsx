import * as React from 'react';

import type { Snapshot } from '../../server/protocol/view';
import type { Connection, Sample } from '../tokens';
import { Absence } from './Absence';
import { KernelsSection } from './KernelsSection';
import { NodeSection } from './NodeSection';
import type { PanelProps } from './panelProps';
import { QueueSection } from './QueueSection';
import { TierBadge } from './TierBadge';

/** Everything that the panel shows. */
export type PanelViewProps = PanelProps & {
  readonly connection: Connection;
  readonly snapshot: Snapshot | null;
  readonly history: readonly Sample[];
  /** Problems of the user's default hints. */
  readonly problems: readonly string[];
  /** Show the past in the main area. */
  readonly onHistory: () => void;
  /** The hints of the active cell. */
  readonly thisCell: React.ReactNode;
};

/** The side panel, from the node down to the active cell. */
export function Panel(props: PanelViewProps): JSX.Element {
  const { trans, snapshot, connection } = props;
  // Kept here, so that it outlives a sidecar that is away for a while.
  const [isIdleOpen, setIdleOpen] = React.useState(false);
  return (
    <div className="cg-Panel">
      <header className="cg-Panel-head">
        <h1>{trans.__('Resources')}</h1>
        <span className="cg-Small">{snapshot?.node.name}</span>
        <button
          className="cg-Link"
          onClick={props.onHistory}
          title={trans.__('Show what the cells of this node waited for, ran and used')}
        >
          {trans.__('History')}
        </button>
        {snapshot && <TierBadge trans={trans} tier={snapshot.node.tier} />}
      </header>
      {props.problems.map(problem => (
        <p key={problem} className="cg-Notice" role="status">
          {problem}
        </p>
      ))}
      <Absence trans={trans} connection={connection} />
      {snapshot && (
        <>
          <NodeSection {...props} snapshot={snapshot} />
          <QueueSection {...props} snapshot={snapshot} />
          <KernelsSection
            {...props}
            snapshot={snapshot}
            isIdleOpen={isIdleOpen}
            onIdleToggle={setIdleOpen}
          />
        </>
      )}
      {props.thisCell && <div className="cg-Panel-cell">{props.thisCell}</div>}
    </div>
  );
}
