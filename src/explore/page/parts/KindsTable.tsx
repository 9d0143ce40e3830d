import type { ComponentChild } from 'preact';
import { formatCount, formatShare } from '../../../support/format.js';
import type { ActiveShare } from '../../../examples/NeuronExamples.js';
import type { SiteExamplesHead, SiteNeuronExamples } from '../../examplesFormat.js';
import { DataTable } from './DataTable.js';

const scripts = new Intl.DisplayNames('en', { type: 'script' });

function nameOf(kind: string): string {
    return kind.length === 4 ? (scripts.of(kind) ?? kind) : kind;
}

/** How a neuron's activity divides over kinds of tokens, beside how the texts do. */
export function KindsTable({ head, facts }: { head: SiteExamplesHead; facts: SiteNeuronExamples }): ComponentChild {
    const total = Object.values(facts.kinds).reduce((sum, one) => sum + one.sum, 0);
    const seen = Object.values(head.kinds).reduce((sum, tokens) => sum + tokens, 0);
    const row = (name: string, { active, sum }: ActiveShare, tokens: number): string[] => [
        name,
        formatCount(active),
        formatCount(tokens),
        total === 0 ? '' : formatShare(sum / total),
        formatShare(tokens / seen),
    ];
    const kinds = Object.entries(facts.kinds).sort(([, a], [, b]) => b.sum - a.sum);
    return (
        <DataTable
            name="Table of kinds of tokens"
            columns={['tokens', 'active', 'of', 'share of its activation', 'share of all tokens']}
            rows={[
                ...kinds.map(([kind, share]) => row(nameOf(kind), share, head.kinds[kind] ?? 0)),
                row('beginnings of words', facts.wordBeginnings, head.wordBeginnings),
            ]}
        />
    );
}
