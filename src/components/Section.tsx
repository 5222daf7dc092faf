import * as React from 'react';

/** A titled, foldable part of the panel; `aside` stays visible. */
export function Section(props: {
  readonly title: string;
  readonly aside?: React.ReactNode;
  readonly children: React.ReactNode;
}): JSX.Element {
  return (
    <details className="cg-Section" open>
      <summary>
        <h2>{props.title}</h2>
        <span className="cg-Section-aside">{props.aside}</span>
      </summary>
      <div className="cg-Section-body">{props.children}</div>
    </details>
  );
}
