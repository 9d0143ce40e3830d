import type { Site } from '../../engine/types/Site.js';
import { LanguageNeuronsError, wrongUse } from '../../errors.js';
import type { NeuronIndex } from '../analysis/NeuronAnalysis.js';

// The explorer's page reads names too: only types may come from modules that need Node or zod.

/** A neuron's name: `layer:index`, `layer:expert:index` at a routed site, `layer:shared:index` of a shared expert. */
export function neuronName(sites: readonly Site[], [site, index]: NeuronIndex): string {
    const { layer, kind, width } = sites[site]!;
    if (kind === 'routed') return `${layer}:${Math.floor(index / width)}:${index % width}`;
    return kind === 'shared' ? `${layer}:shared:${index}` : `${layer}:${index}`;
}

/**
 * The neuron of a name, as `neuronName` writes it.
 * @throws LanguageNeuronsError WRONG_USE that says what the model has not: the layer, the expert or the index
 */
export function neuronNamed(sites: readonly Site[], name: string): NeuronIndex {
    const refused = (words: string): LanguageNeuronsError =>
        wrongUse(`there is no neuron ${JSON.stringify(name.trim())}: ${words}`);
    const parts = /^(\d+)(?::(shared|\d+))?:(\d+)$/.exec(name.trim());
    if (parts === null)
        throw refused('name one as layer:index, layer:expert:index or layer:shared:index, such as 12:345');
    const [layer, middle, inside] = [Number(parts[1]), parts[2], Number(parts[3])];
    const kind = middle === undefined ? 'dense' : middle === 'shared' ? 'shared' : 'routed';
    const place = sites.findIndex((site) => site.layer === layer && site.kind === kind);
    const site = sites[place];
    if (site === undefined) throw refused(otherwise(sites, layer));
    const { width, experts } = site;
    const expert = kind === 'routed' ? Number(middle) : 0;
    if (expert >= experts) throw refused(`layer ${layer} has experts 0 to ${experts - 1}`);
    if (inside >= width) {
        const whole = { dense: `layer ${layer}`, shared: `the shared expert of layer ${layer}`, routed: 'an expert' };
        throw refused(`${whole[kind]} has neurons 0 to ${width - 1}`);
    }
    return [place, expert * width + inside];
}

/** Says which sites a layer has, where it lacks the one asked for. */
function otherwise(sites: readonly Site[], layer: number): string {
    const forms = { dense: 'index', shared: 'shared:index', routed: 'expert:index' };
    const here = sites.filter((site) => site.layer === layer).map(({ kind }) => `${layer}:${forms[kind]}`);
    if (here.length > 0) return `neurons of layer ${layer} are named ${here.join(' or ')}`;
    const layers = sites.map((site) => site.layer);
    return layer > Math.max(...layers)
        ? `the model has layers 0 to ${Math.max(...layers)}`
        : `layer ${layer} has no neurons that are counted`;
}
