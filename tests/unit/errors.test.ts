import { expect, it } from 'vitest';
import { LanguageNeuronsError } from '../../src/errors.js';

it('a message is one line, whatever the names in it hold', () => {
    const { message } = new LanguageNeuronsError('DAMAGED', 'a\nb\r\n  c\u2028d\u0007e  f');
    expect(message).toBe('a b c d e  f');
});
