import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { Span } from './spans';
import { courseText, endText, nameOfSpan, usedText } from './words';

/** More rows help nobody. */
const SHOWN_MAX = 200;

/** The newest executions as a table: the timeline for those who do not see it. */
export function SpanTable(props: {
  readonly trans: TranslationBundle;
  readonly spans: readonly Span[];
  readonly nowMs: number;
  /** Whether the cell of an execution can be shown. */
  readonly canPick: (span: Span) => boolean;
  readonly onPick: (span: Span) => void;
}): JSX.Element {
  const { trans, spans, nowMs } = props;
  const shown = [...spans].sort((a, b) => b.arrivedMs - a.arrivedMs).slice(0, SHOWN_MAX);
  return (
    <table className="cg-Table">
      <caption>{trans.__('The newest %1 of %2 executions', shown.length, spans.length)}</caption>
      <thead>
        <tr>
          {titlesOf(trans).map(title => (
            <th key={title} scope="col">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {shown.map(span => (
          <tr key={span.claimId}>
            <th scope="row">
              {props.canPick(span) ? (
                <button className="cg-Link" onClick={() => props.onPick(span)}>
                  {nameOfSpan(span)}
                </button>
              ) : (
                nameOfSpan(span)
              )}
            </th>
            <td>{span.owner}</td>
            <td>{new Date(span.arrivedMs).toLocaleString()}</td>
            <td>{courseText(trans, span, nowMs)}</td>
            <td>{usedText(trans, span)}</td>
            <td>{endText(trans, span)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function titlesOf(trans: TranslationBundle): readonly string[] {
  return [
    trans.__('Cell'),
    trans.__('Owner'),
    trans.__('Arrived'),
    trans.__('Course'),
    trans.__('Used'),
    trans.__('End')
  ];
}
