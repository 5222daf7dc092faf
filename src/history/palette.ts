/** The colours and the font of charts, as CSS knows them. */
export type Palette = {
  readonly font: string;
  readonly text: string;
  readonly quiet: string;
  readonly line: string;
  readonly ground: string;
  readonly wait: string;
  readonly run: string;
  readonly done: string;
  readonly error: string;
};

const VARIABLES: Readonly<Record<keyof Palette, string>> = {
  font: '--jp-ui-font-family',
  text: '--jp-ui-font-color1',
  quiet: '--jp-ui-font-color2',
  line: '--jp-border-color2',
  ground: '--jp-layout-color1',
  wait: '--cg-wait-color',
  run: '--cg-run-color',
  done: '--cg-done-color',
  error: '--cg-error-color'
};

/** The theme in force at an element: a canvas does not understand CSS variables. */
export function paletteOf(node: Element): Palette {
  const style = getComputedStyle(node);
  const read = Object.entries(VARIABLES).map(([name, variable]) => [
    name,
    style.getPropertyValue(variable).trim()
  ]);
  return Object.fromEntries(read) as Palette;
}
