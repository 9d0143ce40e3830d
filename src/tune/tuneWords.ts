import { englishName } from '../languages/englishName.js';
import { formatList, formatMeasured, formatPointsChange, formatQuantity, formatShare } from '../support/format.js';
import type { Refusal } from './judgement.js';
import { goalName, type Tune } from './tuneFile.js';

/** What was asked for, behind `the model`: `keeps to German`. */
export function goalWords({ speak, avoid }: Pick<Tune, 'speak' | 'avoid'>): string {
    const names = (languages: readonly string[]): string => formatList(languages.map(englishName));
    const parts = [
        ...(speak.length === 0 ? [] : [`keeps to ${names(speak)}`]),
        ...(avoid.length === 0 ? [] : [`stays out of ${names(avoid)}`]),
    ];
    return parts.join(' and ');
}

/** What the search comes to, in sentences: first whether there is a gain to claim. */
export function tuneVerdict(tune: Tune): string[] {
    const { whole, best, judgement, candidates, maxKl, languages } = tune;
    const told = `The whole model keeps to the language asked in ${formatShare(whole.passRate)} of its answers`;
    if (whole.passRate === 1) return [`${told} to the searched prompts: there is nothing to gain.`];
    const instead = Object.keys(whole.instead);
    const where = instead.length === 0 ? '' : `, and falls into ${formatList(instead.map(englishName), { most: 3 })}`;
    if (candidates === 0) {
        const why = 'answers fall into no analysed language, and none is to be spoken or avoided that has neurons';
        return [`${told}${where}: there is nothing to try, since ${why}.`];
    }
    if (best === null || judgement === null) {
        const what = `no candidate keeps KL divergence on other texts below ${maxKl} nats a token`;
        return [`Nothing is claimed: ${what}. \`maxKl\` allows more.`];
    }
    const { rates, refused } = judgement;
    if (refused.length > 0) {
        return [`Nothing is claimed of the best candidate (${best.words}): ${refusalWords(tune, judgement)}.`];
    }
    const inThem = formatList(languages.map(englishName), { most: 3 });
    const did = `${formatShare(rates.tuned)} of the held-out prompts in ${inThem}`;
    return [
        `With ${best.words} (${formatQuantity(best.neurons, 'neuron')}) the model ${goalWords(tune)} in ${did}: ` +
            'surely more often than as it is, with a system prompt that asks for it, or with as many random neurons ' +
            'of the same layers changed alike.',
    ];
}

/** What a candidate is judged beside, as a table names it. */
export const baselineNames = {
    whole: 'whole model',
    prompted: 'system prompt',
    random: 'random neurons',
} as const;
export type Baseline = keyof typeof baselineNames;

/** The same in a sentence: what a candidate must keep to the language more often than. */
const baselines: Readonly<Record<Baseline, string>> = {
    whole: 'the whole model',
    prompted: 'the model with a system prompt',
    random: 'random neurons of the same layers',
};

function refusalWords({ maxKl, maxLoss }: Tune, { refused, kl, accuracy }: NonNullable<Tune['judgement']>): string {
    const not = 'on held-out prompts it keeps to the language not surely more often than';
    const unbeaten = refused.flatMap((reason: Refusal) => (reason in baselines ? [baselines[reason as Baseline]] : []));
    const upper = kl.interval === null ? 'too few texts for an interval' : `up to ${formatMeasured(kl.interval[1])}`;
    return formatList([
        ...(unbeaten.length === 0 ? [] : [`${not} ${formatList(unbeaten, { last: 'or' })}`]),
        ...(refused.includes('kl')
            ? [`KL divergence on held-out texts is not surely below ${maxKl} nats a token (${upper})`]
            : []),
        ...(refused.includes('accuracy') && accuracy !== null
            ? [`accuracy changes by ${formatPointsChange(accuracy.value)}, and may fall by ${formatShare(maxLoss)}`]
            : []),
    ]);
}

/** What to do with the result; empty where nothing is claimed. */
export function tuneUse(tune: Tune, { dir, model }: { readonly dir: string; readonly model: string }): string[] {
    const { file, isExact } = tune;
    if (file === null) return [];
    const exported = `language-neurons export ${dir} --model ${model} --interventions ${file} --out tuned.gguf`;
    return [
        `${file}: the intervention ${goalName(tune)}, for --interventions of generate, chat and serve`,
        isExact
            ? `a GGUF file that answers so without this tool: ${exported}`
            : 'export cannot write it into a GGUF file: it adds to activations, which weights cannot say',
    ];
}
