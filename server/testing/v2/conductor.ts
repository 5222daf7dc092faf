import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { UNIT, filesIn } from './readme';
import { SYSTEMD, type SystemdScenario } from './scenarios';
import { OURS, USER, asUser } from './surroundings';

/*
 * What runs as root in the machine with systemd: takes each scenario to its
 * surroundings, and looks afterwards whether something was left there.
 */

const NODE = `${OURS}/node`;
const SCENARIO_MAX_MS = 900_000;
const USER_MANAGER = `user@${USER.id}.service`;

/** The sidecar in place of Jupyter, and a child of it that stands for a kernel. */
const STAND_IN = `[Service]
RuntimeDirectory=cellgrant
RuntimeDirectoryMode=0700
ExecStart=
ExecStart=/bin/sh -c 'sleep 1000 & exec ${NODE} ${OURS}/main.cjs --dir %t/cellgrant'
`;

function output(...[command, ...args]: readonly string[]): string {
  return spawnSync(command!, args, { encoding: 'utf8' }).stdout.trim();
}

function writeText(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

const readmeFiles = filesIn(readFileSync(`${OURS}/README.md`, 'utf8'));

/** Write a file as README.md has it; `~` is the user's home. */
function install(end: string): void {
  const [path, text] = [...readmeFiles].find(([it]) => it.endsWith(end))!;
  writeText(path.replace('~', `/home/${USER.name}`), text);
}

function installDropIn(): void {
  install('/user@.service.d/cellgrant.conf');
  execFileSync('systemctl', ['daemon-reload']);
  execFileSync('systemctl', ['restart', USER_MANAGER]);
}

function installProgram(): void {
  install(`/${UNIT}`);
  writeText(`/etc/systemd/user/${UNIT}.d/stand-in.conf`, STAND_IN);
}

/** The command of the script that tests, in the surroundings; it says TAP on its standard output. */
function commandOf({ name, within, program }: SystemdScenario): readonly string[] {
  const script = `${OURS}/${program ? 'program' : 'guest'}.cjs`;
  const command = ['env', `SCENARIO=${name}`, NODE, '--test-reporter=tap', script];
  return program ? asUser(...command) : within.enter(command);
}

/** What is wrong now that the scenario has ended; nothing may be. */
function wrongAfterwards(status: number | null): readonly string[] {
  const units = ['list-units', '--state=failed', '--plain', '--no-legend'];
  const found = [
    ['it ended with', status === 0 ? '' : `${status}`],
    ["the system's units failed", output('systemctl', ...units)],
    ["the user's units failed", output(...asUser('systemctl', '--user', ...units))],
    ['left in the cgroup tree', output('find', '/sys/fs/cgroup', '-name', 'cellgrant*')],
    [
      'systemd warns',
      output(
        'journalctl',
        '--quiet',
        '--output=cat',
        '--priority=warning',
        '--cursor-file=/run/cursor',
        '_COMM=systemd'
      )
    ]
  ] as const;
  return found.flatMap(([what, text]) => (text ? [`${what}: ${text}`] : []));
}

function conduct(scenario: SystemdScenario): void {
  console.log(`== scenario ${scenario.name}`);
  scenario.afterDropIn && installDropIn();
  scenario.program && installProgram();
  scenario.within.prepare?.();
  wrongAfterwards(0); // moves the journal's cursor
  const [command, ...args] = commandOf(scenario);
  const { status } = spawnSync(command!, args, { stdio: 'inherit', timeout: SCENARIO_MAX_MS });
  const wrong = wrongAfterwards(status);
  wrong.forEach(it => console.log(`not ok - ${it}`));
  wrong.length || console.log('ok - nothing is left, and the service managers are content');
  console.log(`# pass ${wrong.length ? 0 : 1}\n# fail ${wrong.length}`);
}

// Else the user's manager would end with the user's last login.
execFileSync('loginctl', ['enable-linger', USER.name]);
execFileSync('systemctl', ['start', USER_MANAGER]);
SYSTEMD.forEach(conduct);
console.log('== end');
