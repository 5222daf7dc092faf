import { Administrators } from './administrators';

const OWNER = { uid: 1000, name: 'owner' };

describe('administrators', () => {
  let named: string[];
  let administrators: Administrators;

  beforeEach(() => {
    named = ['ann', '@wheel'];
    administrators = new Administrators(OWNER, () => named);
  });

  it.each([
    ['root', { uid: 0, name: 'root' }, true],
    ['the owner', OWNER, true],
    ['who is named', { uid: 1, name: 'ann' }, true],
    ['who is in a named group', { uid: 2, name: 'bob', groups: ['users', 'wheel'] }, true],
    ['nobody else', { uid: 3, name: 'eve', groups: ['users', 'ann'] }, false],
    ['no user who is called like a group', { uid: 4, name: 'wheel' }, false]
  ])('[ADMIN1] are %s', (_, caller, is) => {
    expect(administrators.includes(caller)).toBe(is);
  });

  it('[ADMIN1] are those that the configuration in force names', () => {
    named = ['eve'];
    expect(administrators.includes({ uid: 1, name: 'ann' })).toBe(false);
    expect(administrators.includes({ uid: 3, name: 'eve' })).toBe(true);
  });
});
