// Written for any Node that reads modules, so that an old one gets a sentence and not a stack.

const NODE_MAJOR_MIN = 20;

/** Whether this Node is new enough; if not, a person is told so and the exit code is set. */
export function requireNode(version) {
  const found = version || process.version;
  if (Number(found.slice(1).split('.')[0]) >= NODE_MAJOR_MIN) {
    return true;
  }
  console.error(
    `Cellgrant needs Node ${NODE_MAJOR_MIN} or newer, but this is Node ${found} (${process.execPath}): install a newer one (nodejs.org, or your package manager), then run the same command again.`
  );
  process.exitCode = 1;
  return false;
}
