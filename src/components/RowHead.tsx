import * as React from 'react';

/** The name of a resource, and its figures. */
export function RowHead(props: { readonly name: string; readonly figures: string }): JSX.Element {
  return (
    <div className="cg-RowHead">
      <strong>{props.name}</strong>
      <span>{props.figures}</span>
    </div>
  );
}
