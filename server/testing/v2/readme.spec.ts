import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UNIT, filesIn } from './readme';

const files = filesIn(readFileSync(join(__dirname, '../../../README.md'), 'utf8'));

it('README.md gives the files that the machine with systemd takes from it', () => {
  expect([...files.keys()]).toEqual([
    `~/.config/systemd/user/${UNIT}`,
    '/etc/systemd/system/user@.service.d/cellgrant.conf'
  ]);
  expect(files.get(`~/.config/systemd/user/${UNIT}`)).toContain('\nDelegate=yes\n');
});
