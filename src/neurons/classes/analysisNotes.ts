import { repeatedTextsNote } from '../../activations/repeatedTextsNote.js';
import { sum } from '../../support/averages.js';
import type { NeuronAnalysis } from '../analysis/NeuronAnalysis.js';
import { formatCount } from '../../support/format.js';
import { mostSwept } from '../scores/sweepLambda.js';

/**
 * A note is made where a greater share of the selected neurons is in no class; on the paper's own counts it is 0.30.
 */
const manyUnclassified = 1 / 3;
/** Neurons that are always active set τ where a greater share of what lies above it is theirs. */
const manyAlways = 1 / 2;

/**
 * Sentences for the reader of an analysis that finds little: why, and what to try. An ordinary analysis has none.
 */
export function analysisNotes(analysis: NeuronAnalysis): string[] {
    const { selected, histogram, threshold, bar, general, languages } = analysis;
    const none = histogram[0]!;
    const inAll = histogram[languages.length]!;
    const [chosen, nowhere] = [formatCount(selected), formatCount(none)];
    const owned = Object.values(analysis.perLanguage).some(({ total }) => total > 0);
    const tau = `τ = ${threshold.toFixed(4)}`;
    const repeatedNote = repeatedTextsNote(new Map(Object.entries(analysis.stability?.inSeveralFolds ?? {})));
    const repeated = repeatedNote === undefined ? [] : [repeatedNote];
    if (selected === 0) return [nothingSelected(analysis), ...repeated];
    return [
        ...repeated,
        ...(threshold === 0
            ? [
                  `τ = 0: at least ${percent(bar)} of all activation probabilities are 0, so one activation makes a ` +
                      'neuron high; collect more texts, or raise `bar`.',
              ]
            : []),
        ...(none === selected
            ? [`No neuron is in a class: none of the ${chosen} selected is high in any language. ${why(analysis)}`]
            : none > manyUnclassified * selected
              ? [
                    `${nowhere} of the ${chosen} selected neurons (${((100 * none) / selected).toFixed(0)} %) are ` +
                        `high in no language and in no class. ${why(analysis)}`,
                ]
              : []),
        ...(!owned && none < selected
            ? [
                  `No language has neurons of its own: ${formatCount(inAll)} of the ${chosen} selected are high in ` +
                      `all languages (${tau}; ${formatCount(general)} general). Raise \`bar\`, or lower \`lambda\`.`,
              ]
            : []),
    ];
}

function nothingSelected({ method, topRate, widths }: NeuronAnalysis): string {
    const neurons = sum(widths);
    return method === 'lape' && neurons * topRate >= 1
        ? 'No neuron is selected: none is high in any language. Lower `bar`, or collect more texts.'
        : `No neuron is selected: ${percent(topRate)} of ${formatCount(neurons)} neurons is less than one. ` +
              'Raise `topRate`.';
}

/** Why selected neurons are high nowhere, and what to do. */
function why(analysis: NeuronAnalysis): string {
    const { threshold, bar, lambda } = analysis;
    const quantile = `the ${percent(bar)} quantile of all activation probabilities`;
    const above =
        threshold >= 1
            ? `τ = 1, ${quantile}, and nothing lies above it`
            : `High is above τ = ${threshold.toFixed(4)}, ${quantile}`;
    const always = shareOfGeneral(analysis);
    const because =
        always > manyAlways
            ? `; neurons that are active in most languages are ${percent(Number(always.toFixed(2)))} of what lies ` +
              'above τ, which selective neurons do not reach'
            : ', and the selected ones are seldom active';
    const tries = [
        always > manyAlways ? `lower \`bar\`, first to ${lowerBar(analysis)}` : 'lower `bar`',
        ...(lambda === null
            ? []
            : [
                  `give a \`lambda\` above ${lambda}${lambda === mostSwept ? ', where the sweep ends' : ''}, which ` +
                      'prefers neurons that are active more often',
              ]),
        'collect more texts: with few tokens, neurons that are seldom active look selective',
    ];
    return `${above}${because}. Try one of these: ${tries.join('; ')}.`;
}

/** The share of the probabilities above τ that are of neurons which are high in most languages. */
function shareOfGeneral({ histogramAll, languages: { length: l } }: NeuronAnalysis): number {
    const above = (of: (N: number) => boolean): number =>
        histogramAll.reduce((sum, neurons, N) => sum + (of(N) ? N * neurons : 0), 0);
    const all = above(() => true);
    return all === 0 ? 0 : above((N) => N > l / 2) / all;
}

/** A bar with as many probabilities above it that are not such neurons' as the bar of the analysis stands for. */
function lowerBar(analysis: NeuronAnalysis): number {
    const { bar } = analysis;
    const beside = (1 - bar) * shareOfGeneral(analysis);
    return Math.max(0.5, Math.floor((bar - beside) * 100) / 100);
}

function percent(share: number): string {
    return `${Number((100 * share).toPrecision(5))} %`;
}
