import * as React from 'react';

/** The shapes that distinguish states without colour (UI1). */
export type GlyphName =
  'ask' | 'wait' | 'behind' | 'run' | 'done' | 'fail' | 'warn' | 'shield' | 'child' | 'command';

const PATHS: Readonly<Record<GlyphName, React.ReactNode>> = {
  ask: <path d="M6 1.2 10.8 6 6 10.8 1.2 6Z" />,
  wait: (
    <>
      <circle cx="6" cy="6" r="4.8" />
      <path d="M6 3.2V6l2 1.4" />
    </>
  ),
  behind: <path d="M2 6h.01M6 6h.01M10 6h.01" strokeWidth="2" />,
  run: <path d="M3 1.8v8.4L10 6Z" fill="currentColor" />,
  done: <path d="M1.8 6.4 4.8 9.4 10.2 2.8" />,
  fail: <path d="M2.4 2.4 9.6 9.6M9.6 2.4 2.4 9.6" />,
  warn: <path d="M6 1.4 11 10.4H1ZM6 4.8v2.4M6 8.8v.01" />,
  child: <path d="M2.5 1.5v6h6M6.5 5.5l2 2-2 2" />,
  command: <path d="M1.5 2.5 5 6 1.5 9.5M6.5 9.5h4" />,
  shield: <path d="M6 1 10.4 2.6V6C10.4 8.4 8.6 10.2 6 11 3.4 10.2 1.6 8.4 1.6 6V2.6Z" />
};

/** A small drawing beside a word; hidden from screen readers, which get the word. */
export function Glyph({ name }: { readonly name: GlyphName }): JSX.Element {
  return (
    <svg
      className="cg-Glyph"
      viewBox="0 0 12 12"
      width="12"
      height="12"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {PATHS[name]}
    </svg>
  );
}
