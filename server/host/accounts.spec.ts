import { findAccount } from './accounts';

describe('accounts', () => {
  it.each([
    ['daemon', 'daemon'],
    ['1', 'daemon'],
    ['nobody-is-called-this', null],
    ['', null],
    ['--help', null],
    ['daemon:x', null],
    ['daemon\n', null],
    ['d'.repeat(300), null]
  ])('[HUB2] finds %j as %j', async (name, found) => {
    expect(await findAccount(name)).toBe(found);
  });

  it('[HUB2] believes a name where the databases cannot be asked', async () => {
    expect(await findAccount('ann', '/nowhere/getent')).toBe('ann');
  });
});
