import { parseArgs } from 'node:util';

import { Failure } from '../prepare/say.mjs';

const help = steps => `Check everything: ${steps.join(', ')}.

Usage: npm test [-- OPTIONS]

  --only NAMES      only these steps, as in --only jest,pytest
  --changed [REV]   in three minutes, what is likely to break by what changed: since REV, else
                    since the main branch was left; what is left out is told
  --help            show this
`;

/**
 * What the command line asks for: `{ help }`, or the names of steps in `only`, whether
 * `changed`, and the revision `since` (undefined: that where the main branch was left).
 */
export function parse(args, steps) {
  const { values, positionals } = read(args, steps);
  if (values.help) {
    return { help: help(steps) };
  }
  const only = values.only?.split(',').map(name => name.trim()) ?? steps;
  const unknown = only.find(name => !steps.includes(name));
  if (unknown !== undefined) {
    throw new Failure(`There is no step "${unknown}"; there are ${steps.join(', ')}.`);
  }
  if (positionals.length > (values.changed ? 1 : 0)) {
    throw new Failure(`"${positionals.at(-1)}" is not understood.\n\n${help(steps)}`);
  }
  return { only, changed: values.changed, since: positionals[0] };
}

function read(args, steps) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        only: { type: 'string' },
        changed: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false }
      }
    });
  } catch (error) {
    throw new Failure(`${error.message.split('\n')[0]}\n\n${help(steps)}`);
  }
}
