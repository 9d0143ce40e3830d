import type { ComponentChild } from 'preact';
import type { AskEvent, LiveFacts, LiveSet } from '../../live/liveFormat.js';
import type { LoadedSite } from '../data/site.js';
import { TokenStrip } from './TokenStrip.js';

/** An answer as it grows. */
export interface Growing {
    readonly text: string;
    /** Milliseconds until its first text. */
    readonly first?: number;
    readonly ended?: AskEvent & { readonly kind: 'ended' };
}

export const noAnswer: Growing = { text: '' };

interface AnswerSideProps {
    readonly site: LoadedSite;
    readonly live: LiveFacts;
    readonly side: Growing;
    readonly set: LiveSet;
    readonly changed: boolean;
}

/** One of the two answers, and the strip of its tokens once it has ended. */
export function AnswerSide({ site, live, side, set, changed }: AnswerSideProps): ComponentChild {
    const { text, first, ended } = side;
    const title = changed ? 'Changed model' : 'Whole model';
    return (
        <section aria-label={title}>
            <h2>{title}</h2>
            <p class="answer" dir="auto" aria-live="polite" aria-busy={ended === undefined}>
                {text}
            </p>
            <p class="small">
                {first !== undefined && `First text after ${(first / 1000).toFixed(1)} s. `}
                {ended?.end === 'length' && 'Cut off at the most tokens. '}
                {ended !== undefined && languagesOf(ended, site)}
            </p>
            {ended !== undefined && ended.trace.strongest.length > 0 && (
                <TokenStrip
                    site={site}
                    live={live}
                    trace={ended.trace}
                    set={set}
                    label={`Active neurons by token, ${title.toLowerCase()}`}
                    changedAt={ended.changedAt}
                />
            )}
        </section>
    );
}

function languagesOf({ spans, changedAt }: AskEvent & { readonly kind: 'ended' }, { summary }: LoadedSite): string {
    const nameOf = (tag: string): string => summary.languages.find((one) => one.tag === tag)?.english ?? tag;
    const known = spans.filter(({ language }) => language !== null);
    if (known.length === 0) return 'Its language cannot be told: it is too short, or like several.';
    const words = spans.map(({ language, from, to }) => {
        const where = to === from + 1 ? `token ${to}` : `tokens ${from + 1} to ${to}`;
        return `${language === null ? 'not to be told' : nameOf(language)} (${where})`;
    });
    const change = changedAt === null ? '' : ` It changes at token ${changedAt + 1}, which is marked.`;
    return `Language by sentence: ${words.join(', ')}.${change}`;
}
