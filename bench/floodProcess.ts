import { connect } from 'node:net';
import { FLOODS, GREETED, type Attack } from './floods';

/*
 * The process of one flood, which `hostile` starts and ends: its arguments are the sockets of gate
 * and API, and a name of the floods, or `greeted`, which `load` starts as a user of its own.
 */

/** Open a connection, and another one whenever it is hung up on. */
function open(path: string, attack: Attack, index: number): void {
  const socket = connect(path, () => attack.begin(socket, index));
  socket.on('error', () => undefined); // hung up on: that is an answer, too
  socket.on('close', () => setTimeout(() => open(path, attack, index), 20));
}

function main([gatePath, apiPath, name]: readonly string[]): void {
  const attack = name === 'greeted' ? GREETED : FLOODS[name!]!;
  for (let index = 0; index < attack.connections; index += 1) {
    open(attack.at === 'gate' ? gatePath! : apiPath!, attack, index);
  }
  process.stdout.write('flooding\n');
}

main(process.argv.slice(2));
