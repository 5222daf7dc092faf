/** jsdom has no canvas, and complains when asked for one: without it ECharts estimates the width of texts. */
export function withoutCanvas(): void {
  HTMLCanvasElement.prototype.getContext = () => null;
}
