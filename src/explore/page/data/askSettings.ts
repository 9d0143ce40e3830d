import { roundHalfToEven } from '../../../neurons/scores/selectLowest.js';
import { type AskQuestion, type LiveFacts, type LiveSet, liveSets } from '../../live/liveFormat.js';
import type { LoadedSite } from './site.js';
import { flatNamed } from './sites.js';

const defaultTokens = 64;

/** The question that the page's address asks. */
export function readAsk(
    settings: URLSearchParams,
    { summary, starts }: LoadedSite,
    live: LiveFacts,
): {
    readonly question: AskQuestion;
    /** Single neurons as they are typed. */
    readonly neurons: string;
    /** Why the first that the model has not is none; empty: it has all. */
    readonly refusal: string;
    /** Of each language that is changed how many of its neurons are, and how many it has. */
    readonly doses: readonly { readonly tag: string; readonly changed: number; readonly of: number }[];
    /** Whether anything changes, so that there is a second answer. */
    readonly changes: boolean;
} {
    const neurons = settings.get('neurons') ?? '';
    const names = neurons.split(/[\s,;]+/).filter((name) => name !== '');
    const flats = names.map((name) => flatNamed(name, summary.sites, starts));
    const tags = (settings.get('languages') ?? '').split(',');
    const languages = summary.languages.map(({ tag }) => tag).filter((tag) => tags.includes(tag));
    const factor = numberOf(settings.get('factor'), 0, 0, 3);
    const set = readSet(settings.get('set'));
    const share = numberOf(settings.get('share'), 100, 0, 100) / 100;
    const doses = languages.map((tag) => {
        const of = live.shares[set][summary.languages.findIndex((one) => one.tag === tag)]!.neurons;
        return { tag, of, changed: roundHalfToEven(of * share) };
    });
    const question = {
        text: settings.get('text') ?? '',
        chat: live.chat && settings.get('chat') !== 'no',
        maxTokens: Math.round(
            numberOf(settings.get('tokens'), Math.min(defaultTokens, live.mostAnswer), 1, live.mostAnswer),
        ),
        languages,
        set,
        share,
        neurons: flats.filter((flat) => typeof flat === 'number'),
        factor,
    };
    const refusal = flats.find((flat) => typeof flat === 'string') ?? '';
    const changes = factor !== 1 && (doses.some(({ changed }) => changed > 0) || names.length > 0);
    return { question, neurons, refusal, doses, changes };
}

function numberOf(text: string | null, none: number, least: number, most: number): number {
    const value = text === null ? Number.NaN : Number.parseFloat(text);
    return Number.isNaN(value) ? none : Math.max(least, Math.min(most, value));
}

export function readSet(text: string | null): LiveSet {
    return liveSets.find((one) => one === text) ?? 'specific+related';
}
