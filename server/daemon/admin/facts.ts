import type { AuditRecord } from '../../protocol/audit';
import type { CapOwner } from '../../protocol/facts';
import type { Snapshot } from '../../protocol/view';
import type { CapsOrdered } from '../ports';

/** A holder, as a record names it. */
export function holderFacts({ holders }: Snapshot, holderId: string): AuditRecord['on'] {
  const it = holders.find(({ id }) => id === holderId);
  return { holder: holderId, ...(it && { name: it.name, owner: it.owner }) };
}

/** A group as the core names it: `atlas/prod`; `all` is nobody's in particular. */
export function pathOfGroup(group: string): readonly string[] {
  return group === 'all' ? [] : group.split('/');
}

/** Who is capped, and how, as a record names it. */
export function capFacts({ group, user }: CapOwner, caps: CapsOrdered | null): AuditRecord['on'] {
  const { cpus, ...counts } = caps ?? {};
  const named = cpus && (cpus.kind === 'static' ? cpus.cpus : `${+(cpus.of * 100).toFixed(6)}%`);
  return { ...(user === null ? { group } : { user }), ...counts, ...(named && { cpus: named }) };
}
