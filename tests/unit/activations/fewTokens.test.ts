import { expect, it } from 'vitest';
import { fewTokens } from '../../../src/activations/fewTokens.js';

it('languages of a few tokens are told by name and number', () => {
    const of = (...tokens: number[]): string | undefined =>
        fewTokens({
            languages: ['en', 'de', 'th'].slice(0, tokens.length),
            tokens: BigInt64Array.from(tokens.map(BigInt)),
        });
    expect(of(1, 3, 500)).toMatch(/^few tokens of en \(1 token\) and de \(3 tokens\): .*give more texts$/);
    expect(of(99)).toContain('en (99 tokens)');
    expect(of(100, 5000)).toBeUndefined();
});
