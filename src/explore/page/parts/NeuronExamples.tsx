import type { ComponentChild } from 'preact';
import { useState } from 'preact/hooks';
import { sum } from '../../../support/averages.js';
import {
    examplesHeadPath,
    neuronExamplesPath,
    type SiteExamplesHead,
    type SiteNeuronExamples,
    type SiteStrongest,
    strongestPath,
} from '../../examplesFormat.js';
import { formatCount, formatQuantity, formatShare } from '../../../support/format.js';
import type { SiteLanguage } from '../../siteFormat.js';
import type { LoadedSite } from '../data/site.js';
import { useJson } from '../data/useJson.js';
import { ExampleLine } from './ExampleLine.js';
import { formatThree } from './formatThree.js';
import { LanguageName } from './languageText.js';
import type { ActiveShare } from '../../../examples/NeuronExamples.js';
import { DataTable } from './DataTable.js';

const scripts = new Intl.DisplayNames('en', { type: 'script' });

/** Languages whose examples are open at first: those in which it is active most often. */
const openAtFirst = 2;

/** What makes one neuron active; nothing where the run folder has no examples. */
export function NeuronExamples({ site, flat }: { site: LoadedSite; flat: number }): ComponentChild {
    const { hasExamples } = site.summary;
    const head = useJson<SiteExamplesHead>(hasExamples ? examplesHeadPath : undefined);
    const isThere = head.value?.flats.includes(flat) === true;
    const facts = useJson<SiteNeuronExamples>(isThere ? neuronExamplesPath(flat) : undefined);
    if (!hasExamples) return null;
    const failed = head.failed ?? facts.failed;
    return (
        <section aria-labelledby="examples" class="examples">
            <h2 id="examples">What makes it active</h2>
            {failed !== undefined ? (
                <p role="alert">{failed}</p>
            ) : head.value === undefined || (isThere && facts.value === undefined) ? (
                <p role="status">Reading the examples.</p>
            ) : facts.value === undefined ? (
                <p>
                    No examples were collected of it: name it to <code>examples</code> with <code>--neurons</code>.
                </p>
            ) : (
                <Found key={flat} site={site} flat={flat} head={head.value} facts={facts.value} />
            )}
        </section>
    );
}

interface FoundOptions {
    readonly site: LoadedSite;
    readonly flat: number;
    readonly head: SiteExamplesHead;
    readonly facts: SiteNeuronExamples;
}

function Found({ site, flat, head, facts }: FoundOptions): ComponentChild {
    const { languages } = site.summary;
    const shown = head.languages
        .map((tag, k) => ({ k, language: languages.find((one) => one.tag === tag)!, own: facts.languages[tag] }))
        .filter(({ own, language }) => own !== undefined && language !== undefined)
        .sort((a, b) => b.own!.active / b.language.tokens - a.own!.active / a.language.tokens);
    const most = Math.max(0, ...facts.sample.map(({ value }) => value));
    if (shown.length === 0) return <p>It was not active for any token.</p>;
    return (
        <>
            <p class="small">
                The strongest tokens of each language, with those around them. The stronger the colour, the larger the
                activation, beside the largest of the language; the framed token is the one that the number is of.
            </p>
            {shown.map(({ k, language, own }, place) => (
                <LanguageExamples
                    key={language.tag}
                    {...{ flat, k, language, edges: head.edges, isOpen: place < openAtFirst }}
                    active={own!.active}
                    histogram={own!.histogram}
                />
            ))}
            <details>
                <summary>From its weakest activations to its strongest</summary>
                <p class="small">Five tokens of each fifth of its positive activations, drawn at random.</p>
                {[1, 2, 3, 4, 5].map((quantile) => {
                    const own = facts.sample.filter((one) => one.quantile === quantile);
                    if (own.length === 0) return null;
                    const values = own.map(({ value }) => value);
                    return (
                        <div key={quantile}>
                            <h3>
                                Fifth {quantile}: {formatThree(Math.min(...values))} to{' '}
                                {formatThree(Math.max(...values))}
                            </h3>
                            <ul class="contexts">
                                {own.map((one, i) => (
                                    <ExampleLine
                                        key={i}
                                        example={one}
                                        language={languages.find(({ tag }) => tag === one.language)}
                                        most={most}
                                        named
                                    />
                                ))}
                            </ul>
                        </div>
                    );
                })}
            </details>
            <details>
                <summary>Scripts, digits, punctuation, beginnings of words</summary>
                <KindsTable head={head} facts={facts} />
            </details>
        </>
    );
}

interface LanguageOptions {
    readonly flat: number;
    readonly k: number;
    readonly language: SiteLanguage;
    readonly active: number;
    readonly histogram: readonly number[];
    readonly edges: readonly number[];
    readonly isOpen: boolean;
}

/** The strongest tokens in one language; they are read when they are opened. */
function LanguageExamples({ flat, k, language, active, histogram, edges, isOpen }: LanguageOptions): ComponentChild {
    const [open, setOpen] = useState(isOpen);
    const read = useJson<SiteStrongest>(open ? strongestPath(flat, k) : undefined);
    const strongest = read.value?.[language.tag] ?? [];
    return (
        <details open={open} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
            <summary>
                <LanguageName language={language} />, {formatQuantity(active, 'active token')}
            </summary>
            {read.failed !== undefined && <p role="alert">{read.failed}</p>}
            {open && read.value === undefined && read.failed === undefined && <p role="status">Reading.</p>}
            <ul class="contexts">
                {strongest.map((one, i) => (
                    <ExampleLine key={i} example={one} language={language} most={strongest[0]!.value} />
                ))}
            </ul>
            {open && <ActivationBars label={language.english} counts={histogram} edges={edges} />}
        </details>
    );
}

function nameOf(kind: string): string {
    return kind.length === 4 ? (scripts.of(kind) ?? kind) : kind;
}

/** How a neuron's activity divides over kinds of tokens, beside how the texts do. */
function KindsTable({ head, facts }: { head: SiteExamplesHead; facts: SiteNeuronExamples }): ComponentChild {
    const total = Object.values(facts.kinds).reduce((sum, one) => sum + one.sum, 0);
    const seen = sum(Object.values(head.kinds));
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

interface ActivationBarsProps {
    readonly label: string;
    readonly counts: readonly number[];
    readonly edges: readonly number[];
}

/** Tokens by activation, in bins whose width grows; bins below and above all tokens are left out. */
function ActivationBars({ label, counts, edges }: ActivationBarsProps): ComponentChild {
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
