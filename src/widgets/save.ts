/**
 * Let the browser save something as a file.
 *
 * @param content - An address, or text of the given type.
 */
export function save(name: string, content: string, type?: string): void {
  const href = type === undefined ? content : URL.createObjectURL(new Blob([content], { type }));
  const link = Object.assign(document.createElement('a'), { href, download: name });
  link.click();
  URL.revokeObjectURL(href);
}
