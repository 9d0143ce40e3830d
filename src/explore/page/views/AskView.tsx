import type { ComponentChild, TargetedInputEvent } from 'preact';
import { useState } from 'preact/hooks';
import { type AskEvent, type LiveFacts, livePaths, type LiveSet } from '../../live/liveFormat.js';
import { askModel } from '../data/askModel.js';
import { readAsk } from '../data/askSettings.js';
import { changeSettings, route } from '../data/route.js';
import { shownAnswer } from '../data/shownAnswer.js';
import type { LoadedSite } from '../data/site.js';
import { exampleNames } from '../data/sites.js';
import { usePending } from '../data/usePending.js';
import { Chips } from '../parts/Chips.js';
import { Field } from '../parts/Field.js';
import { LivePage, SetChoice } from '../parts/LivePage.js';
import { TokenStrip } from '../parts/TokenStrip.js';

const noAnswer: Growing = { text: '' };

/** A question, answered by the whole model and by the changed one, side by side. */
export function AskView({ site }: { site: LoadedSite }): ComponentChild {
    return (
        <LivePage site={site} title="Ask">
            {(live) => <Ask site={site} live={live} />}
        </LivePage>
    );
}

function Ask({ site, live }: { site: LoadedSite; live: LiveFacts }): ComponentChild {
    const settings = readAsk(route.value.settings, site, live);
    const { question, refusal } = settings;
    const [sides, setSides] = useState<readonly Growing[]>([]);
    const { pending, failed, begin, stop } = usePending();
    const ask = (): void =>
        begin(async (signal) => {
            const began = performance.now();
            const shown: Growing[] = settings.changes ? [noAnswer, noAnswer] : [noAnswer];
            setSides([...shown]);
            for await (const event of askModel<AskEvent>(livePaths.ask, question, signal)) {
                const before = shown[event.side]!;
                const first = before.first ?? performance.now() - began;
                shown[event.side] =
                    event.kind === 'grew'
                        ? { ...before, first, text: before.text + event.text }
                        : { ...before, first, ended: event };
                setSides([...shown]);
            }
        });
    const { set } = question;
    return (
        <>
            <form
                onSubmit={(event) => {
                    event.preventDefault();
                    ask();
                }}
            >
                <Question live={live} question={question} />
                <Changes site={site} settings={settings} />
                {refusal !== '' && <p role="alert">{refusal}</p>}
                <p class="tools">
                    <button type="submit" disabled={question.text === '' || refusal !== ''}>
                        Ask
                    </button>
                    <button type="button" disabled={!pending} onClick={stop}>
                        Stop
                    </button>
                    <span role="status" class="small">
                        {pending ? 'Answering' : ''}
                    </span>
                </p>
            </form>
            {failed !== '' && <p role="alert">{failed}</p>}
            <div class="sides">
                {sides.map((side, i) => (
                    <AnswerSide key={i} site={site} live={live} side={side} set={set} changed={i === 1} />
                ))}
            </div>
        </>
    );
}

type Settings = ReturnType<typeof readAsk>;

function Question({ live, question }: { live: LiveFacts; question: Settings['question'] }): ComponentChild {
    return (
        <>
            <p>
                <label for="question">Question</label>
                <textarea
                    id="question"
                    rows={3}
                    dir="auto"
                    value={question.text}
                    onInput={({ currentTarget }) => changeSettings({ text: currentTarget.value })}
                />
            </p>
            <p class="tools">
                {live.chat && (
                    <label>
                        <input
                            type="checkbox"
                            checked={question.chat}
                            onChange={({ currentTarget }) =>
                                changeSettings({ chat: currentTarget.checked ? '' : 'no' })
                            }
                        />{' '}
                        by the chat template; otherwise the answer continues the text
                    </label>
                )}
                <Field
                    label="Most tokens"
                    type="number"
                    min={1}
                    max={live.mostAnswer}
                    value={question.maxTokens}
                    onChange={({ currentTarget }) => changeSettings({ tokens: currentTarget.value })}
                />
            </p>
        </>
    );
}

function Changes({ site, settings }: { site: LoadedSite; settings: Settings }): ComponentChild {
    const { question, neurons, doses } = settings;
    const { factor, share } = question;
    const kept = (name: string) => (event: TargetedInputEvent<HTMLInputElement>) =>
        changeSettings({ [name]: event.currentTarget.value });
    return (
        <>
            <Chips
                legend="Change the neurons of"
                chips={site.summary.languages.map(({ tag, english }) => ({ value: tag, label: tag, title: english }))}
                chosen={question.languages}
                onChange={(tags) => changeSettings({ languages: tags.join() })}
            />
            <p class="tools">
                <SetChoice label="Which" set={question.set} />
                <Field
                    label="Share of each language's neurons, the highest ranked first"
                    type="range"
                    min={0}
                    max={100}
                    value={100 * share}
                    onInput={kept('share')}
                />
                <output>{doseWords(share, doses)}</output>
            </p>
            <p class="tools">
                <Field
                    label="and the neurons"
                    type="text"
                    placeholder={exampleNames(site.summary.sites, site.starts).join(', ')}
                    value={neurons}
                    onInput={kept('neurons')}
                />
                <Field
                    label="Factor of their activations"
                    type="range"
                    min={0}
                    max={3}
                    step={0.1}
                    value={factor}
                    onInput={kept('factor')}
                />
                <output>{factor === 0 ? '0: removed' : factor === 1 ? '1: unchanged' : factor}</output>
            </p>
        </>
    );
}

/** Languages whose numbers are told. */
const mostTold = 4;

/** `50 %: 62 of 124 of zh` */
function doseWords(share: number, doses: Settings['doses']): string {
    const told = doses.slice(0, mostTold).map(({ tag, changed, of }) => `${changed} of ${of} of \u2068${tag}\u2069`);
    if (doses.length > mostTold) told.push('…');
    const percent = `${Math.round(100 * share)} %`;
    return told.length === 0 ? percent : `${percent}: ${told.join(', ')}`;
}

/** An answer as it grows. */
interface Growing {
    readonly text: string;
    /** Milliseconds until its first text. */
    readonly first?: number;
    readonly ended?: AskEvent & { readonly kind: 'ended' };
}

interface AnswerSideProps {
    readonly site: LoadedSite;
    readonly live: LiveFacts;
    readonly side: Growing;
    readonly set: LiveSet;
    readonly changed: boolean;
}

/** One of the two answers, and the strip of its tokens once it has ended. */
function AnswerSide({ site, live, side, set, changed }: AnswerSideProps): ComponentChild {
    const { text, first, ended } = side;
    const title = changed ? 'Changed model' : 'Whole model';
    return (
        <section aria-label={title}>
            <h2>{title}</h2>
            <p class="answer" dir="auto" aria-live="polite" aria-busy={ended === undefined}>
                {shownAnswer(text)}
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
