import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { TierView } from '../../server/protocol/view';
import { Glyph } from './Glyph';

/** The enforcement tier in force; opens to show what it does not enforce, and why (ENF3). */
export function TierBadge(props: {
  readonly trans: TranslationBundle;
  readonly tier: TierView;
}): JSX.Element {
  const { trans, tier } = props;
  const missing = tier.notEnforced.map(entry => entry.resource);
  const full = missing.length === 0;
  const text = full
    ? trans.__('%1 · enforced', tier.name)
    : tier.enforced.length === 0
      ? trans.__('nothing enforced')
      : trans.__('%1 · not %2', tier.name, missing.join(', '));
  return (
    <details className="cg-Tier" data-tone={full ? 'done' : 'wait'}>
      <summary title={tier.reason}>
        <Glyph name={full ? 'shield' : 'warn'} />
        <span>{text}</span>
      </summary>
      <div className="cg-Tier-why">
        <p>{tier.reason}</p>
        {tier.enforced.length > 0 && <p>{trans.__('Enforced: %1.', tier.enforced.join(', '))}</p>}
        {tier.notEnforced.map(({ resource, why }) => (
          <p key={resource}>
            <strong>{trans.__('Not enforced: %1.', resource)}</strong> {why}
          </p>
        ))}
      </div>
    </details>
  );
}
