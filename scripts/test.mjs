import { requireNode } from './prepare/node.mjs';

// Imported late: what follows needs a Node that the check above has seen.
if (requireNode()) {
  import('./check/main.mjs').then(check => check.main());
}
