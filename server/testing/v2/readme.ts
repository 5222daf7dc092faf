/** The user's service in README.md. */
export const UNIT = 'jupyter.service';

/** Files that README.md tells people to write: a block of code that begins with the comment of its path. */
export function filesIn(readme: string): ReadonlyMap<string, string> {
  const blocks = readme.matchAll(/^```ini\n# ([~/]\S+)\n([^]*?)^```$/gm);
  return new Map([...blocks].map(([, path, text]) => [path!, text!]));
}
