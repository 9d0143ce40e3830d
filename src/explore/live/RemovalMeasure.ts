import type { Sample } from '../../corpus/Corpus.js';
import { openCorpus } from '../../data/openCorpus.js';
import type { ScoreResult, TextScore } from '../../engine/types/engineTypes.js';
import { perplexity } from '../../experiments/textMetrics/perplexity.js';
import { bootstrapInterval, drawResamples, estimate } from '../../experiments/statistics/resampling.js';
import { modelState } from '../../interventions/ModelState.js';
import type { RemovalEvent, RemovalQuestion } from './liveFormat.js';
import type { LiveModel } from './LiveModel.js';

/** Of each language: enough for an interval, few enough to wait for. */
const mostTexts = 24;
const mostCharacters = 2000;

/** Texts of a language, and what the whole model makes of them. */
interface Measured {
    readonly samples: readonly Sample[];
    readonly whole: ScoreResult;
}

/** Measures what removing one neuron alone does to texts; the whole model is measured once for all neurons. */
export class RemovalMeasure {
    readonly #live: LiveModel;
    readonly #measured = new Map<string, Measured>();

    constructor(live: LiveModel) {
        this.#live = live;
    }

    /** Of each language in turn, in the order of the analysis. */
    async *measure({ neuron }: RemovalQuestion, signal: AbortSignal): AsyncGenerator<RemovalEvent> {
        const { engine, analysis } = this.#live;
        const interventions = [{ neurons: [this.#live.neuronAt(neuron)], op: 'zero' }] as const;
        const { edit } = modelState({ name: 'without', interventions }, { sites: engine.sites });
        for (const language of analysis.languages) {
            const { samples, whole } = await this.#whole(language, signal);
            const without = await engine.score(samples, { edit, signal });
            yield {
                kind: 'removed',
                language,
                tokens: whole.tokens,
                whole: perplexity(whole),
                without: perplexity(without),
                ...changeOf(whole.texts, without.texts),
            };
        }
    }

    async #whole(language: string, signal: AbortSignal): Promise<Measured> {
        const known = this.#measured.get(language);
        if (known !== undefined) return known;
        const { engine, analysis, data } = this.#live;
        const corpus = await openCorpus(data, { languages: [language], called: analysis.languages, signal });
        const samples = await firstSamples(corpus.samples(corpus.languages[0]!));
        const measured = { samples, whole: await engine.score(samples, { signal }) };
        this.#measured.set(language, measured);
        return measured;
    }
}

async function firstSamples(samples: AsyncIterable<Sample>): Promise<Sample[]> {
    const first: Sample[] = [];
    let characters = 0;
    for await (const sample of samples) {
        first.push(sample);
        characters += sample.prompt.length + sample.response.length;
        if (first.length >= mostTexts || characters >= mostCharacters) break;
    }
    return first;
}

/** Change of the mean log-probability of a token; its interval over the texts. */
function changeOf(
    whole: readonly TextScore[],
    without: readonly TextScore[],
): Pick<RemovalEvent, 'change' | 'interval'> {
    const cell = {
        numerators: Float64Array.from(whole, ({ logProbability }, i) => without[i]!.logProbability - logProbability),
        weights: Float64Array.from(whole, ({ tokens }) => tokens),
    };
    const found = estimate(cell, drawResamples(whole.length), (mean) => mean);
    return { change: found.value, interval: bootstrapInterval(found) };
}
