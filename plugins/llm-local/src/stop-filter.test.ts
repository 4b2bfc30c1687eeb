import { describe, expect, it } from '@jest/globals';
import { StopFilter } from './stop-filter.js';

describe('StopFilter', () => {
  it('passes text on when nothing can stop it', () => {
    const filter = new StopFilter([]);

    expect([filter.push('Good '), filter.push('morning.'), filter.flush()]).toEqual([
      'Good ',
      'morning.',
      '',
    ]);
  });

  it('holds back what may become a stop text', () => {
    const filter = new StopFilter(['END']);

    const passed = [filter.push('The E'), filter.push('N'), filter.push('TRY')];

    expect(passed).toEqual(['The ', '', 'ENTRY']);
    expect(filter.isStopped).toBe(false);
  });

  it('ends before a stop text that comes in pieces', () => {
    const filter = new StopFilter(['END', 'STOP']);

    const passed = [filter.push('one S'), filter.push('TO'), filter.push('P two'), filter.push(' three')];

    expect(passed).toEqual(['one ', '', '', '']);
    expect([filter.isStopped, filter.rest]).toEqual([true, 'STOP two three']);
  });

  it('ends at the earliest of several stop texts', () => {
    const filter = new StopFilter(['cd', 'b']);

    expect(filter.push('abcd')).toBe('a');
  });

  it('gives back what it held when nothing follows', () => {
    const filter = new StopFilter(['END']);

    filter.push('The EN');

    expect(filter.flush()).toBe('EN');
  });
});
