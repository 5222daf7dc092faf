import * as React from 'react';

import { notEnforcedSentence } from '../../server/protocol/stories';
import type { ClaimView, HolderView, Snapshot } from '../../server/protocol/view';
import { speakerOf } from '../arbiter/speaker';
import { activityOf, arranged, membersOf, type Family } from './kernelOrder';
import { baseName, formatAge, formatBytes, formatNumber } from '../format';
import { kernelStateText } from './claimTexts';
import { kernelFigures } from './kernelFigures';
import { CapLine } from './CapLine';
import { CullCountdown } from './CullCountdown';
import { RestartRequested } from './RestartRequested';
import { Glyph, type GlyphName } from './Glyph';
import { HolderKindWord } from './HolderKindWord';
import { GroupLine } from './GroupLine';
import { KernelName, KernelSwatch } from './KernelName';
import { Lane } from './Lane';
import type { PanelProps } from './panelProps';
import { ReleaseHold } from './ReleaseHold';
import { Section } from './Section';
import { ShutDown } from './ShutDown';

type KernelsProps = PanelProps & {
  readonly snapshot: Snapshot;
  /** Whether idle kernels are shown one by one, if there are many. */
  readonly isIdleOpen: boolean;
  readonly onIdleToggle: (isOpen: boolean) => void;
};

/** Every kernel of the node: its state, its grant, and its use of it; busy ones first. */
export function KernelsSection(props: KernelsProps): JSX.Element {
  const { trans, snapshot, paths } = props;
  const { active, idle } = arranged(snapshot.holders, it => baseName(paths.get(it.id) ?? it.name));
  return (
    <Section title={trans.__('Kernels')} aside={trans.__('last 10 min: waited ┄ ran ■')}>
      {snapshot.holders.length === 0 && (
        <p className="cg-Empty">
          {trans.__('No kernel yet. Open a notebook: its kernel appears here with what it holds.')}
        </p>
      )}
      {snapshot.groups.length > 0 && (
        <ul className="cg-Groups" aria-label={trans.__('Groups')}>
          {snapshot.groups.map(group => (
            <GroupLine key={group.path} trans={trans} group={group} />
          ))}
        </ul>
      )}
      {snapshot.caps.length > 0 && (
        <ul className="cg-Groups" aria-label={trans.__('Caps')}>
          {snapshot.caps.map(cap => (
            <CapLine key={`${cap.user} in ${cap.group}`} {...props} cap={cap} />
          ))}
        </ul>
      )}
      <KernelList {...props} families={active} />
      {idle.length > 0 && (
        <details
          className="cg-Idle"
          open={props.isIdleOpen}
          onToggle={event => props.onIdleToggle(event.currentTarget.open)}
        >
          <summary>{idleText(trans, idle.flatMap(membersOf))}</summary>
          {props.isIdleOpen && <KernelList {...props} families={idle} />}
        </details>
      )}
    </Section>
  );
}

/** `12 idle kernels keep 676 MiB`. */
function idleText(trans: PanelProps['trans'], idle: readonly HolderView[]): string {
  return trans.__('%1 idle kernels keep %2', idle.length, memoryOf(trans, idle));
}

function sumOf(
  holders: readonly HolderView[],
  figure: (holder: HolderView) => number | null
): number {
  return holders.reduce((total, holder) => total + (figure(holder) ?? 0), 0);
}

/** The total memory of holders. */
function memoryOf(trans: PanelProps['trans'], holders: readonly HolderView[]): string {
  const gpuBytes = sumOf(holders, it => it.gpuMemoryBytes);
  const parts = [
    formatBytes(sumOf(holders, it => it.memoryBytes)),
    gpuBytes ? trans.__('%1 VRAM', formatBytes(gpuBytes)) : ''
  ];
  return parts.filter(Boolean).join(' · ');
}

/** `5 inside, 2 running · 3.1 CPUs busy · 2 GiB`. */
function insideText(trans: PanelProps['trans'], inside: readonly HolderView[]): string {
  const running = inside.filter(it => activityOf(it) === 'running').length;
  const waiting = inside.filter(it => activityOf(it) === 'waiting').length;
  const busy = sumOf(inside, it => it.cpusBusy);
  const counts = [
    trans.__('%1 inside', inside.length),
    running ? trans.__('%1 running', running) : '',
    waiting ? trans.__('%1 waiting', waiting) : ''
  ];
  return [
    counts.filter(Boolean).join(', '),
    busy < 0.05 ? '' : trans.__('%1 CPUs busy', formatNumber(busy)),
    memoryOf(trans, inside)
  ]
    .filter(Boolean)
    .join(' · ');
}

type FamiliesProps = PanelProps & {
  readonly snapshot: Snapshot;
  readonly families: readonly Family[];
};

/** More are folded below their parent until expanded. */
const INSIDE_SHOWN_MAX = 3;

/** The children of a holder, below it, or their sums if they are folded. */
function Inside(props: FamiliesProps): JSX.Element {
  const inside = props.families.flatMap(membersOf);
  const [chosen, choose] = React.useState<boolean | null>(null);
  const isOpen = chosen ?? inside.length <= INSIDE_SHOWN_MAX;
  return (
    <details
      className="cg-Inside"
      open={isOpen}
      onToggle={event => event.currentTarget.open === isOpen || choose(!isOpen)}
    >
      <summary>{insideText(props.trans, inside)}</summary>
      {isOpen && <KernelList {...props} />}
    </details>
  );
}

function KernelList(props: FamiliesProps): JSX.Element {
  const { claims } = props.snapshot;
  const running = new Map(
    claims.filter(claim => claim.state === 'running').map(claim => [claim.holderId, claim] as const)
  );
  return (
    <ul className="cg-Kernels">
      {props.families.map(({ holder, children }) => (
        <KernelItem
          key={holder.id}
          {...props}
          kernel={holder}
          families={children}
          claims={claims}
          running={running.get(holder.id)}
        />
      ))}
    </ul>
  );
}

const GLYPHS: Readonly<Record<HolderView['state'], GlyphName>> = {
  idle: 'ask',
  waiting: 'wait',
  running: 'run'
};

function KernelItem(
  props: FamiliesProps & {
    readonly kernel: HolderView;
    readonly claims: readonly ClaimView[];
    readonly running: ClaimView | undefined;
  }
): JSX.Element {
  const { trans, kernel, nowMs, running } = props;
  return (
    <li className="cg-Kernel">
      <KernelSwatch mark={props.marks.get(kernel.id)} />
      <div className="cg-Kernel-head">
        <KernelName
          {...props}
          kernelId={kernel.id}
          name={kernel.name}
          label={running?.label ?? null}
          owner={kernel.owner}
        />
        {kernel.kind !== 'kernel' && <HolderKindWord trans={trans} kind={kernel.kind} />}
        <span className="cg-State" data-state={kernel.state}>
          <Glyph name={GLYPHS[kernel.state]} />
          {kernelStateText(trans, kernel.state)}{' '}
          <span className="cg-Clock">{formatAge(nowMs - kernel.sinceMs)}</span>
        </span>
      </div>
      <div className="cg-Small">
        {kernelFigures(props).join(' · ')} <ReleaseHold {...props} /> <ShutDown {...props} />
      </div>
      <Lane {...props} claims={props.claims} />
      {running?.state === 'running' && running.notEnforced !== null && (
        <div className="cg-Small" data-tone="warn">
          {notEnforcedSentence(running.notEnforced, speakerOf(trans, props.paths, kernel.kind))}
        </div>
      )}
      <RestartRequested {...props} />
      <CullCountdown {...props} onKeep={props.keepers.onKeep} />
      {!kernel.gated && (
        <div className="cg-Small" data-tone="warn">
          {trans.__('not gated: its cells do not ask before they run')}
        </div>
      )}
      {props.families.length > 0 && <Inside {...props} />}
    </li>
  );
}
