import type { ComponentChild } from 'preact';
import { useState } from 'preact/hooks';
import type { LanguageShares, LiveFacts, LiveSet, TokenTrace } from '../../live/liveFormat.js';
import type { SiteLanguage } from '../../siteFormat.js';
import { type LoadedSite, neuronRoute } from '../data/site.js';
import { visible } from '../data/shownTokens.js';
import { flatName } from '../data/sites.js';
import { formatThree } from './formatThree.js';
import { type CellPlace, movedCell } from './movedCell.js';

/** Characters that make a text run from right to left, where one of them comes first of all letters. */
const rightToLeft = /^\P{L}*[\p{sc=Arab}\p{sc=Hebr}\p{sc=Syrc}\p{sc=Thaa}\p{sc=Nkoo}\p{sc=Adlm}]/u;

interface TokenStripProps {
    readonly site: LoadedSite;
    readonly live: LiveFacts;
    readonly trace: TokenTrace;
    readonly set: LiveSet;
    readonly label: string;
    /** A token to mark. */
    readonly changedAt?: number | null;
}

/** A text's tokens, and under each the share of every language's neurons that is active at it. */
export function TokenStrip({ site, live, trace, set, label, changedAt = null }: TokenStripProps): ComponentChild {
    const { languages } = site.summary;
    const { pieces, strongest } = trace;
    const isRtl = rightToLeft.test(pieces.map(({ text }) => text).join(''));
    const [at, setAt] = useState<CellPlace>();
    const [chosen, setChosen] = useState<number>();
    const [row, column] = at ?? [0, 0];
    const [shares, facts] = [trace.shares[set], live.shares[set]];
    const tips = (k: number, token: number): string =>
        tipOf(languages[k]!, facts[k]!, shares[k]![token] ?? null, pieceOf(pieces, token));
    const onKeyDown = (event: KeyboardEvent): void => {
        const next = movedCell(event, [row, column], [languages.length, strongest.length], isRtl);
        if (next === undefined) return;
        event.preventDefault();
        (event.currentTarget as HTMLElement).querySelector<HTMLElement>(`[data-cell="${next.join()}"]`)?.focus();
    };
    const cell = (k: number, token: number, share: number | null): ComponentChild => (
        <td
            key={token}
            data-cell={`${k},${token}`}
            tabIndex={k === row && token === column ? 0 : -1}
            class={token === chosen ? 'chosen' : undefined}
            style={{ '--strength': `${Math.round(55 * strengthOf(share, facts[k]!))}%` }}
            title={tips(k, token)}
            onFocus={() => {
                setAt([k, token]);
                setChosen(token);
            }}
        >
            {share === null ? '–' : percentOf(share)}
        </td>
    );
    return (
        <div class="strip">
            <div class="scroll" dir={isRtl ? 'rtl' : 'ltr'}>
                <table role="grid" aria-label={label} onKeyDown={onKeyDown}>
                    <PieceHeads pieces={pieces} chosen={chosen} changedAt={changedAt} onChoose={setChosen} />
                    <tbody>
                        {languages.map(({ tag, english }, k) => (
                            <tr key={tag}>
                                <th scope="row" title={english}>
                                    {tag}
                                </th>
                                {shares[k]!.map((share, token) => cell(k, token, share))}
                            </tr>
                        ))}
                    </tbody>
                </table>
            </div>
            <output class="small" aria-live="polite">
                {at === undefined
                    ? 'Numbers are percentages. Click a token, or move by the arrow keys, to see its strongest neurons.'
                    : tips(row, column)}
            </output>
            {chosen !== undefined && strongest[chosen] !== undefined && (
                <Strongest site={site} neurons={strongest[chosen]} text={pieceOf(pieces, chosen)} place={chosen} />
            )}
        </div>
    );
}

interface PieceHeadsProps {
    readonly pieces: TokenTrace['pieces'];
    readonly chosen: number | undefined;
    readonly changedAt: number | null;
    readonly onChoose: (token: number) => void;
}

/** The text over its tokens: a piece that several tokens write spans them. */
function PieceHeads({ pieces, chosen, changedAt, onChoose }: PieceHeadsProps): ComponentChild {
    let next = 0;
    return (
        <thead>
            <tr>
                <th scope="col" class="corner">
                    <span class="unseen">language</span>
                </th>
                {pieces.map(({ text, tokens }) => {
                    const first = next;
                    next += tokens;
                    const has = (token: number | null | undefined): boolean =>
                        typeof token === 'number' && token >= first && token < next;
                    return (
                        <th
                            key={first}
                            scope="col"
                            colSpan={tokens}
                            class={`piece${has(chosen) ? ' chosen' : ''}${has(changedAt) ? ' changed' : ''}`}
                            title={has(changedAt) ? 'here the language changes' : undefined}
                            onClick={() => onChoose(first)}
                        >
                            <bdi>{columnText(text)}</bdi>
                        </th>
                    );
                })}
            </tr>
        </thead>
    );
}

interface StrongestProps {
    readonly site: LoadedSite;
    readonly neurons: TokenTrace['strongest'][number];
    readonly text: string;
    readonly place: number;
}

function Strongest({ site, neurons, text, place }: StrongestProps): ComponentChild {
    const { summary, starts } = site;
    return (
        <div class="strongest">
            <p>
                Strongest neurons at token {place + 1}, <bdi>{columnText(text)}</bdi>, with their activations:
            </p>
            {neurons.length === 0 ? (
                <p>None of the languages' neurons is active.</p>
            ) : (
                <ol>
                    {neurons.map(([flat, activation]) => (
                        <li key={flat}>
                            <a href={neuronRoute(flat, site)}>{flatName(flat, summary.sites, starts)}</a>{' '}
                            {formatThree(activation)}
                        </li>
                    ))}
                </ol>
            )}
        </div>
    );
}

/** 0: at or below the mean over all texts; 1: at or above the mean over the language's own. See docs, explore. */
function strengthOf(share: number | null, { mean, own }: LanguageShares): number {
    if (share === null || mean === null || own === null || own <= mean) return 0;
    return Math.max(0, Math.min(1, (share - mean) / (own - mean)));
}

/** A share in per cent; where it is less than one, as of experts' neurons, with a digit behind the point. */
function percentOf(share: number): string {
    const percent = 100 * share;
    if (percent === 0 || percent >= 0.95) return String(Math.round(percent));
    return percent < 0.05 ? '<0.1' : percent.toFixed(1);
}

function tipOf(language: SiteLanguage, facts: LanguageShares, share: number | null, text: string): string {
    const { english } = language;
    if (share === null) return `${english} has no such neurons`;
    const [active, mean, own] = [share, facts.mean ?? 0, facts.own ?? 0].map((one) => `${percentOf(one)} %`);
    const all = facts.neurons === 1 ? 'its one neuron' : `its ${facts.neurons} neurons`;
    // Isolated: a text from right to left would turn what follows it.
    const where = `${english} at \u2068${columnText(text)}\u2069`;
    return `${where}: ${active} of ${all} active; mean of all texts ${mean}, of its own ${own}`;
}

function pieceOf(pieces: TokenTrace['pieces'], token: number): string {
    let end = 0;
    return pieces.find(({ tokens }) => token < (end += tokens))?.text ?? '';
}

/** Blanks and controls as signs, and no more than a column can show. */
function columnText(text: string): string {
    const shown = visible(text).replaceAll(' ', '·');
    return shown.length > 40 ? `${shown.slice(0, 40)}…` : shown;
}
