import { neuronsAt, type Site } from '../engine/types/Site.js';
import { LanguageNeuronsError } from '../errors.js';
import { languageAmong } from '../languages/languageAmong.js';
import { sum } from '../support/averages.js';
import { type Activations, sitesOf, type Values } from './Activations.js';
import { readActivations } from './activationsFile.js';

/** The unit of sums. */
const unit = 2 ** -20;

/**
 * Means and percentiles of neurons' activations act(gate), by language. At a routed site they are over the tokens that
 * went through the neuron's expert; an expert without tokens has a mean of 0.
 */
export class ActivationValues {
    readonly languages: readonly string[];
    /** Where the neurons are. */
    readonly sites: readonly Site[];
    readonly #activations: Activations;
    readonly #values: Values;

    /** @throws LanguageNeuronsError NOT_FOUND where none were collected */
    constructor(activations: Activations) {
        if (activations.values === undefined)
            throw new LanguageNeuronsError('NOT_FOUND', 'these counts hold no values; collect with `values` first');
        this.#activations = activations;
        this.#values = activations.values;
        this.languages = activations.languages;
        this.sites = sitesOf(activations);
    }

    /** @throws LanguageNeuronsError NOT_FOUND for a language that was not counted */
    languageNumber(language: string): number {
        const k = this.languages.indexOf(languageAmong(language, this.languages) ?? language);
        if (k >= 0) return k;
        throw new LanguageNeuronsError(
            'NOT_FOUND',
            `no values of ${language} were collected; choose from ${this.languages.join(', ')}`,
        );
    }

    /** The signed mean over all counted tokens of language k; without k, of all languages together. */
    mean(site: number, index: number, k?: number): number {
        const l = this.languages.length;
        let sum = 0;
        let tokens = 0;
        for (const each of k === undefined ? this.languages.keys() : [k]) {
            sum += Number(this.#values.sums[site]![index * l + each]!) * unit;
            tokens += this.#tokens(site, index, each);
        }
        return tokens === 0 ? 0 : sum / tokens;
    }

    /** The mean of the means of all languages but k. */
    meanOfOthers(site: number, index: number, k: number): number {
        const others = [...this.languages.keys()].filter((each) => each !== k);
        return sum(others, (each) => this.mean(site, index, each)) / others.length;
    }

    /**
     * The value below which `percent` of the counted tokens of language k lie. Tokens are taken as spread evenly over a
     * bin; an open bin gives its end.
     * @throws LanguageNeuronsError UNSUPPORTED at a routed site
     */
    percentile(site: number, index: number, percent: number, k: number): number {
        const { histograms, edges } = this.#values;
        const bins = edges.length;
        const begin = (index * this.languages.length + k) * bins;
        const histogram = histograms[site]!.subarray(begin, begin + bins);
        if (this.sites[site]!.kind === 'routed') {
            throw new LanguageNeuronsError(
                'UNSUPPORTED',
                `percentiles of experts' neurons are not collected (site ${site}); use their mean`,
            );
        }
        const total = sum(histogram);
        let below = (total * percent) / 100;
        for (const [bin, count] of histogram.entries()) {
            if (below > count || count === 0) {
                below -= count;
                continue;
            }
            if (bin === 0) return edges[1]!;
            if (bin === bins - 1) return edges[bin]!;
            return edges[bin]! + (edges[bin + 1]! - edges[bin]!) * (below / count);
        }
        return total === 0 ? 0 : edges[bins - 1]!;
    }

    #tokens(site: number, index: number, k: number): number {
        const l = this.languages.length;
        const { routed, tokens } = this.#activations;
        const { kind, width } = this.sites[site]!;
        if (kind !== 'routed') return Number(tokens[k]!);
        return Number(routed![site]![Math.floor(index / width) * l + k]!);
    }

    /** Whether the values belong to a model with these sites. */
    fits(sites: readonly Site[]): boolean {
        return this.sites.map(neuronsAt).join() === sites.map(neuronsAt).join();
    }
}

/**
 * The values of a run folder, or of a file of counts.
 * @throws LanguageNeuronsError NOT_FOUND where there are none; as `readActivations`
 */
export async function readValues(path: string): Promise<ActivationValues> {
    const values = await readValuesIfAny(path);
    if (values !== undefined) return values;
    throw new LanguageNeuronsError('NOT_FOUND', `${path}: its counts hold no values; collect with \`values\` first`);
}

/**
 * The same; undefined of counts without values.
 * @throws LanguageNeuronsError as `readActivations`
 */
export async function readValuesIfAny(path: string): Promise<ActivationValues | undefined> {
    const activations = await readActivations(path, { values: true });
    return activations.values === undefined ? undefined : new ActivationValues(activations);
}
