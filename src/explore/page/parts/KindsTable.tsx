import type { ComponentChild } from 'preact';
import { formatCount, formatShare } from '../../../support/format.js';
import type { SiteExamplesHead, SiteNeuronExamples } from '../../examplesFormat.js';

const scripts = new Intl.DisplayNames('en', { type: 'script' });

function nameOf(kind: string): string {
    return kind.length === 4 ? (scripts.of(kind) ?? kind) : kind;
}

/** How a neuron's activity divides over kinds of tokens, beside how the texts do. */
export function KindsTable({ head, facts }: { head: SiteExamplesHead; facts: SiteNeuronExamples }): ComponentChild {
    const total = Object.values(facts.kinds).reduce((sum, one) => sum + one.sum, 0);
    const seen = Object.values(head.kinds).reduce((sum, tokens) => sum + tokens, 0);
    const rows = [
        ...Object.entries(facts.kinds)
            .sort(([, a], [, b]) => b.sum - a.sum)
            .map(([kind, share]) => ({ name: nameOf(kind), share, tokens: head.kinds[kind] ?? 0 })),
        { name: 'beginnings of words', share: facts.wordBeginnings, tokens: head.wordBeginnings },
    ];
    return (
        <div class="scroll" tabIndex={0} role="region" aria-label="Table of kinds of tokens">
            <table>
                <thead>
                    <tr>
                        <th scope="col" class="text">
                            tokens
                        </th>
                        <th scope="col">active</th>
                        <th scope="col">of</th>
                        <th scope="col">share of its activation</th>
                        <th scope="col">share of all tokens</th>
                    </tr>
                </thead>
                <tbody>
                    {rows.map(({ name, share, tokens }) => (
                        <tr key={name}>
                            <th scope="row" class="text">
                                {name}
                            </th>
                            <td>{formatCount(share.active)}</td>
                            <td>{formatCount(tokens)}</td>
                            <td>{total === 0 ? '' : formatShare(share.sum / total)}</td>
                            <td>{formatShare(tokens / seen)}</td>
                        </tr>
                    ))}
                </tbody>
            </table>
        </div>
    );
}
