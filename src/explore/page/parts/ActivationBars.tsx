import type { ComponentChild } from 'preact';
import { formatCount } from '../../../support/format.js';
import { formatThree } from './formatThree.js';

interface ActivationBarsProps {
    readonly label: string;
    readonly counts: readonly number[];
    readonly edges: readonly number[];
}

/** Tokens by activation, in bins whose width grows; bins below and above all tokens are left out. */
export function ActivationBars({ label, counts, edges }: ActivationBarsProps): ComponentChild {
    const used = counts.flatMap((count, bin) => (count > 0 ? [bin] : []));
    const [first, last] = [used[0]!, used.at(-1)!];
    const most = Math.max(...counts);
    const upTo = (bin: number): string =>
        edges[bin + 1] === undefined ? 'and more' : `to ${formatThree(edges[bin + 1]!)}`;
    return (
        <figure class="activations">
            <div
                class="bars"
                role="img"
                aria-label={`${label}: tokens by activation, ${formatThree(edges[first]!)} ${upTo(last)}`}
            >
                {counts.slice(first, last + 1).map((count, i) => (
                    <i
                        key={i}
                        style={{ height: `${count === 0 ? 0 : 4 + (96 * count) / most}%` }}
                        title={`${formatThree(edges[first + i]!)} ${upTo(first + i)}: ${formatCount(count)}`}
                    />
                ))}
            </div>
            <figcaption class="small">
                tokens by activation, {formatThree(edges[first]!)} {upTo(last)}
            </figcaption>
        </figure>
    );
}
