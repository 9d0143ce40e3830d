import { expect, it } from 'vitest';
import { shareWithin, Sketch } from '../../../src/activations/sketch.js';

const sketchOf = (texts: readonly string[]): string => {
    const sketch = new Sketch();
    for (const text of texts) sketch.add(text);
    return sketch.toString();
};
const texts = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `text ${from + i}`);

it('is exact for small sets, and does not count a text twice', () => {
    expect(shareWithin(sketchOf(texts(0, 10)), sketchOf(texts(5, 100)))).toBe(0.5);
    expect(shareWithin(sketchOf(['a', 'a', 'b']), sketchOf(['b', 'c']))).toBe(0.5);
    expect(shareWithin(sketchOf(['a']), sketchOf([]))).toBe(0);
    expect(shareWithin(sketchOf([]), sketchOf(['a']))).toBeNaN();
    expect(sketchOf(texts(0, 300))).toBe(sketchOf(texts(0, 300).reverse()));
});

it('estimates the share in large sets, and tells equal from disjoint for sure', () => {
    const large = sketchOf(texts(0, 100_000));
    expect(large.length).toBe(512 * 12);
    expect(shareWithin(large, large)).toBe(1);
    expect(shareWithin(large, sketchOf(texts(100_000, 200_000)))).toBe(0);
    // 512 of 150,000 texts known: a third of ± 0.06 (three standard deviations of some 340 tries).
    expect(Math.abs(shareWithin(large, sketchOf(texts(50_000, 200_000))) - 0.5)).toBeLessThan(0.09);
    expect(shareWithin(sketchOf(texts(99_000, 99_100)), large)).toBeGreaterThanOrEqual(0);
});
