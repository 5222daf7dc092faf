import * as React from 'react';

/** The name of a resource, and its figures: lines break between them, never within one. */
export function RowHead(props: {
  readonly name: string;
  readonly figures: readonly string[];
}): JSX.Element {
  const last = props.figures.length - 1;
  return (
    <div className="cg-RowHead">
      <strong>{props.name}</strong>
      <span>
        {props.figures.map((figure, i) => (
          <React.Fragment key={i}>
            <span className="cg-Figure">{i < last ? `${figure} ·` : figure}</span>
            {i < last && ' '}
          </React.Fragment>
        ))}
      </span>
    </div>
  );
}
