import { expect, it } from 'vitest';
import { randomNumbers } from '../../../src/support/randomNumbers.js';
import { randomGenerator } from '../../../src/support/randomGenerator.js';

/** Shares of the standard normal distribution below points, from tables; 3.442619855899 begins the tail. */
const below = [
    [-4, 0.0000316712],
    [-3.442619855899, 0.0002880543],
    [-3, 0.001349898],
    [-2, 0.0227501319],
    [-1, 0.1586552539],
    [-0.25, 0.4012936743],
    [-0.05, 0.4800611942],
    [0, 0.5],
    [0.05, 0.5199388058],
    [0.5, 0.6914624613],
    [1.5, 0.9331927987],
    [2.5, 0.9937903347],
    [3.5, 0.9997673709],
    [4, 0.9999683288],
] as const;

it('draws standard normal numbers, those of the tail too', () => {
    const times = 4_000_000;
    const { normal } = randomNumbers(randomGenerator(1));
    const counts = below.map(() => 0);
    let [sum, squares] = [0, 0];
    for (let i = 0; i < times; i++) {
        const x = normal();
        sum += x;
        squares += x * x;
        for (let k = 0; k < below.length; k++) if (x < below[k]![0]) counts[k]!++;
    }
    for (const [k, [, share]] of below.entries())
        expect(Math.abs(counts[k]! / times - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / times));
    expect(Math.abs(sum / times)).toBeLessThan(4 / Math.sqrt(times));
    expect(Math.abs(squares / times - 1)).toBeLessThan(4 * Math.sqrt(2 / times));
});
