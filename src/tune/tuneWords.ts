import { englishName } from '../languages/englishName.js';
import { equalsP, formatMeasured, formatPointsChange, formatQuantity, formatShare } from '../support/format.js';
import { inList } from '../support/inList.js';
import type { PairedChange, Refusal } from './judgement.js';
import { goalName, type Tune } from './tuneFile.js';

/** What was asked for, such as `German is kept to`. */
function goalWords({ speak, avoid }: Pick<Tune, 'speak' | 'avoid'>): string {
    const names = (languages: readonly string[]): string => inList(languages.map(englishName));
    const parts = [
        ...(speak.length === 0 ? [] : [`keep to ${names(speak)}`]),
        ...(avoid.length === 0 ? [] : [`stay out of ${names(avoid)}`]),
    ];
    return parts.join(' and ');
}

/** What the search comes to, in sentences: first whether there is a gain to claim. */
export function tuneVerdict(tune: Tune): string[] {
    const { whole, best, judgement, candidates, maxKl, languages } = tune;
    const told = `The whole model keeps to the language asked in ${formatShare(whole.passRate)} of its answers`;
    if (whole.passRate === 1) return [`${told} to the searched prompts: there is nothing to gain.`];
    const instead = Object.keys(whole.instead);
    const where = instead.length === 0 ? '' : `, and falls into ${inList(instead.map(englishName), 3)}`;
    if (candidates === 0) {
        const why = 'answers fall into no analysed language, and none is to be spoken or avoided that has neurons';
        return [`${told}${where}: there is nothing to try, since ${why}.`];
    }
    if (best === null || judgement === null) {
        const what = `no candidate keeps KL divergence on other texts below ${maxKl} nats a token`;
        return [`Nothing is claimed: ${what}. \`maxKl\` allows more.`];
    }
    const { rates, over, refused } = judgement;
    const did = `${formatShare(rates.tuned)} of the held-out prompts in ${inList(languages.map(englishName), 3)}`;
    if (refused.length > 0) {
        const reasons = refused.map((reason) => refusalWords(reason, tune));
        return [`Nothing is claimed of the best candidate (${best.words}): ${inList(reasons)}.`];
    }
    return [
        `With ${best.words} (${formatQuantity(best.neurons, 'neuron')}) the model does ${goalWords(tune)} in ${did}: ` +
            `${gainWords(over.whole)} beside the whole model, ${gainWords(over.prompted)} beside a system prompt, ` +
            `${gainWords(over.random)} beside as many random neurons of the same layers.`,
    ];
}

function gainWords({ value, interval, p }: PairedChange): string {
    const ends = interval === null ? '' : ` (95 %: ${interval.map(formatPointsChange).join(' to ')})`;
    return `${formatPointsChange(value)}${ends}${p === null ? '' : `, ${equalsP('p', p)}`}`;
}

function refusalWords(reason: Refusal, { judgement, maxKl, maxLoss }: Tune): string {
    const { over, kl, accuracy } = judgement!;
    const noMore = 'it keeps to the language no more often than';
    switch (reason) {
        case 'whole':
            return `${noMore} the whole model (${gainWords(over.whole)})`;
        case 'prompted':
            return `${noMore} a system prompt does (${gainWords(over.prompted)})`;
        case 'random':
            return `${noMore} random neurons of the same layers do (${gainWords(over.random)})`;
        case 'kl':
            return (
                `KL divergence on held-out texts is not surely below ${maxKl} nats a token ` +
                `(${formatMeasured(kl.value)}${kl.interval === null ? '' : `, up to ${formatMeasured(kl.interval[1])}`})`
            );
        case 'accuracy':
            return `accuracy changes by ${gainWords(accuracy!)}, beyond the ${formatShare(maxLoss)} that may be lost`;
    }
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
