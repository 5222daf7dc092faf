import { Mailbox } from './mailbox';

type Item = { readonly name: string };

describe('Mailbox', () => {
  it('handles what is posted meanwhile after the present item, in order', () => {
    const seen: string[] = [];
    const box = new Mailbox<Item>(item => {
      seen.push(`${item.name} begins`);
      if (item.name === 'a') {
        box.post({ name: 'b' });
        box.post({ name: 'c' });
      }
      seen.push(`${item.name} ends`);
    });
    box.post({ name: 'a' });
    expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });

  it('loses nothing and goes on after a handler that throws', () => {
    const seen: string[] = [];
    const box = new Mailbox<Item>(item => {
      seen.push(item.name);
      if (item.name === 'bad') {
        box.post({ name: 'behind' });
        throw new Error('a mistake');
      }
    });
    expect(() => box.post({ name: 'bad' })).toThrow('a mistake');
    box.post({ name: 'next' });
    expect(seen).toEqual(['bad', 'behind', 'next']);
  });
});
