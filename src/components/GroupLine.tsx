import * as React from 'react';

import type { GroupView } from '../../server/protocol/groupView';
import { formatNumber } from '../format';
import type { PanelProps } from './panelProps';

/** Less than this counts as zero, in CPUs. */
const NOTHING = 0.05;

/** A group's name with its quota, its kernels' use, and how much of that is surplus (FAIR1, FAIR2). */
export function GroupLine({
  trans,
  group
}: Pick<PanelProps, 'trans'> & { readonly group: GroupView }): JSX.Element {
  const { owedCpus, usedCpus } = group;
  const owed = formatNumber(owedCpus);
  const surplus = usedCpus - owedCpus;
  const figures = [
    group.hasQuota
      ? trans._n('quota %2 CPU', 'quota %2 CPUs', owedCpus, owed)
      : trans._n('is owed %2 CPU', 'is owed %2 CPUs', owedCpus, owed),
    trans.__('uses %1', formatNumber(usedCpus)),
    surplus > NOTHING ? trans.__('%1 of them surplus', formatNumber(surplus)) : '',
    group.takesSurplus ? '' : trans.__('takes no surplus')
  ];
  return (
    <li
      className="cg-Group"
      title={trans.__(
        'In CPUs, or as great a part of the memory or the GPUs, whichever it uses most of'
      )}
    >
      <strong>{group.path}</strong>{' '}
      <span className="cg-Small">{figures.filter(figure => figure !== '').join(' · ')}</span>
    </li>
  );
}
