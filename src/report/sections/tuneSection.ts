import { englishName } from '../../languages/englishName.js';
import {
    equalsP,
    formatList,
    formatMeasured,
    formatPointsChange,
    formatQuantity,
    formatShare,
} from '../../support/format.js';
import { html, type Html, withCode } from '../../support/html.js';
import { goalName, type Tune, tuneFileName, tunePath } from '../../tune/tuneFile.js';
import { type Baseline, baselineNames, goalWords, tuneVerdict } from '../../tune/tuneWords.js';
import { checkFigure } from '../figures/checkFigure.js';
import type { DataTable } from '../tables/DataTable.js';
import { htmlTable, sentenceTable } from '../tables/htmlTable.js';
import { section, type Section } from './Section.js';

const baselines = Object.keys(baselineNames) as Baseline[];

/** What each search comes to, one below the other; nothing where none was made. */
export function tunesOverview(tunes: readonly Tune[]): Html | false {
    if (tunes.length === 0) return false;
    const rows = tunes.map((tune) => [
        goalWords(tune),
        html`<b>${tune.file === null ? 'nothing claimed' : 'a gain'}</b>`,
        withCode(tuneVerdict(tune).join(' ')),
    ]);
    return html` <section>
        ${sentenceTable('Searches', ['a model that', 'verdict', 'why'], rows)}
        <p class="small">
            An intervention is searched for that keeps answers to the language asked, line by line, on one half of the
            prompts, and judged on the other half. A gain is claimed only over the whole model, over a system prompt
            that asks for the language, and over as many random neurons of the same layers, at 5&nbsp;% each, and only
            where texts in other languages hardly change.
        </p>
    </section>`;
}

/** The judgement of a search that found something within its bounds. */
export function tuneSection(tune: Tune): Section[] {
    const { judgement, best } = tune;
    if (judgement === null || best === null) return [];
    const { rates, over } = judgement;
    const bars = [
        { label: 'intervention', group: 'intervention', value: rates.tuned },
        ...baselines.map((name) => {
            const { interval } = over[name];
            const from = (gain: number): number => Math.min(1, Math.max(0, rates.tuned - gain));
            return {
                ...{ label: baselineNames[name], group: 'without it', value: rates[name] },
                ...(interval === null ? {} : { interval: [from(interval[1]), from(interval[0])] as const }),
            };
        }),
    ];
    return [
        section('tune', judgementTable(tuneFileName(tune), tune), {
            title: `A model that ${goalWords(tune)}: ${best.words}`,
            spec: checkFigure({ form: 'bars', title: 'answers that keep to the language', numbers: 'share', bars }),
            label: `Shares of held-out answers that keep to the language: ${bars.map(barWords).join(', ')}`,
            wide: true,
            caption: caption(tune, judgement),
            numbers: html`${htmlTable(judgementTable('held-out prompts', tune))}${htmlTable(roundsTable(tune))}`,
        }),
    ];
}

function barWords({ label, value }: { readonly label: string; readonly value: number }): string {
    return `${label} ${formatShare(value)}`;
}

function caption(tune: Tune, { over, kl, accuracy }: NonNullable<Tune['judgement']>): Html {
    const { prompts, languages, best, texts, textLanguages } = tune;
    const gains = baselines.map((name) => {
        const { value, interval, p } = over[name];
        const words = [p === null ? [] : equalsP('p', p), interval?.map(formatPointsChange).join(' to ') ?? []].flat();
        return `${formatPointsChange(value)} over the ${baselineNames[name]} (${words.join(', ')})`;
    });
    return html`<p>
            On ${prompts.judged} held-out prompts in ${formatList(languages.map(englishName), { most: 3 })}, with
            ${formatQuantity(best!.neurons, 'neuron')} changed: ${formatList(gains)}. The whisker at a baseline is the
            95&nbsp;% interval of the difference, paired prompt by prompt, drawn from the end of the intervention’s bar:
            where it does not reach that end, the gain is told from chance.
        </p>
        <p>
            What it costs: KL divergence ${formatMeasured(kl.value)} nats a
            token${kl.interval !== null && html` (${kl.interval.map(formatMeasured).join(' to ')})`} on ${texts} in
            ${formatList(textLanguages, { most: 4 })}${
                accuracy !== null &&
                html`; accuracy ${formatPointsChange(accuracy.value)} from ${formatShare(accuracy.whole)}`
            }.
        </p>
        <p class="small">
            Answers of at most ${formatQuantity(tune.maxTokens, 'token')}, template ${tune.template}, prompts
            ${tune.data}; all rounds and the intervention are in ${tunePath('', goalName(tune))}.
        </p>`;
}

function judgementTable(name: string, { judgement }: Tune): DataTable {
    const { rates, over } = judgement!;
    return {
        name,
        columns: ['model', 'keeps to the language', 'gain of the intervention', 'low', 'high', 'p'],
        rows: [
            ['intervention', rates.tuned, null, null, null, null],
            ...baselines.map((baseline) => {
                const { value, interval, p } = over[baseline];
                return [baselineNames[baseline], rates[baseline], value, ...(interval ?? [null, null]), p];
            }),
        ],
    };
}

/** What each round tried and kept, the best first. */
function roundsTable({ rounds }: Tune): DataTable {
    return {
        name: 'rounds',
        columns: ['round', 'prompts', 'tried', 'kept', 'neurons', 'keeps to the language'],
        rows: rounds.flatMap(({ prompts, tried, kept }, i) =>
            kept.map(({ words, neurons, passRate }) => [String(i + 1), prompts, tried, words, neurons, passRate]),
        ),
    };
}
