import { expect, it } from 'vitest';
import { wholeCharacters } from '../../../src/engine/scheduler/stops.js';

it('a text that was cut off ends on its last whole character', () => {
    const bytes = new TextEncoder().encode('é日😀');
    const whole = ['', '', 'é', 'é', 'é', 'é日', 'é日', 'é日', 'é日', 'é日😀'];
    const cut = whole.map((_, length) => wholeCharacters(new TextDecoder().decode(bytes.subarray(0, length))));
    expect(cut).toEqual(whole);
    expect(wholeCharacters('e\u0301')).toBe('e\u0301');
});
