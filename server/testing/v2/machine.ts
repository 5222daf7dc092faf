import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { bootCommand, type Image } from './image';

/** Emulation is some 20 times slower than the machine, which others may use too. */
const BOOT_TIMEOUT_MS = 2_400_000;

/** Boot a machine and hear what it prints, line by line; resolves when it is off. */
export async function bootMachine(image: Image, onLine: (line: string) => void): Promise<void> {
  const [command, args] = bootCommand(image);
  const machine = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const timer = setTimeout(() => machine.kill('SIGKILL'), BOOT_TIMEOUT_MS);
  for await (const line of createInterface({ input: machine.stdout })) {
    onLine(line.replace(/\r$/, ''));
  }
  clearTimeout(timer);
}
