import type { ActivationValues } from '../activations/ActivationValues.js';
import type { AffineEdit, NeuronEdit, TextEdit } from '../engine/types/edits.js';
import { missingNeuron, neuronsAt, type Site } from '../engine/types/Site.js';
import { LanguageNeuronsError, wrongUse } from '../errors.js';
import type { NeuronAnalysis, NeuronIndex } from '../neurons/analysis/NeuronAnalysis.js';
import { neuronsOf } from '../neurons/sets/neuronsOf.js';
import { setsFor } from '../neurons/sets/neuronSets.js';
import type { Intervention, InterventionWhere, NeuronChoice, PositionRange } from './Intervention.js';
import { operationFields } from './Operation.js';
import { checkSettings, type OtherOptions, unknownOption } from '../settings/checkSetting.js';
import { factorRange } from '../settings/settings.js';
import { describeRange, isInRange } from '../support/numberRanges.js';
import { resolveValue } from './resolveValue.js';

/** More ranges of positions than this make more edits than are worth holding. */
const mostRanges = 3;
/** The default set of a language's neurons. */
const defaultSet = 'specific+related';

/** @inline */
export interface CompileOptions {
    /** The engine's sites. */
    readonly sites: readonly Site[];
    /** Needed where neurons are chosen by language. */
    readonly analysis?: NeuronAnalysis | undefined;
    /** Needed where a value is a mean or a percentile. */
    readonly values?: ActivationValues | undefined;
    /**
     * What happens where two change the same neuron at the same token. `order`, the default: the later one is applied
     * to the result of the earlier one. `error`: they are refused.
     */
    readonly conflict?: 'order' | 'error' | undefined;
}

const optionNames = {
    sites: true,
    analysis: true,
    values: true,
    conflict: true,
} as const satisfies OtherOptions<CompileOptions, object>;

/**
 * Of an engine only the sites are used.
 * @throws LanguageNeuronsError WRONG_USE for an option that there is not
 */
export function checkCompileOptions(options: CompileOptions): void {
    if (Object.getPrototypeOf(options) === Object.prototype) checkSettings(options, {}, optionNames);
}

/** The change of one neuron's activation: g becomes factor * g + offset. */
interface Affine {
    readonly factor: number;
    readonly offset: number;
}

/**
 * Compiles interventions, applied one after another, into edits. Each intervention maps an activation g to a * g + b,
 * and so do several together: an edit is one factor and one offset for each neuron.
 * @throws LanguageNeuronsError WRONG_USE, naming the intervention; NOT_FOUND for a language that was not analysed, or
 * has no values; MISMATCH for values of another model; UNSUPPORTED for percentiles of experts
 */
export function compileInterventions(interventions: readonly Intervention[], options: CompileOptions): TextEdit {
    checkCompileOptions(options);
    const steps = interventions.map((intervention, i) => stepOf(intervention, i, options));
    // The distinct `where` clauses of the interventions.
    const clauses = [...new Map(steps.map(({ where }) => [JSON.stringify(where), where])).values()];
    const ranges = clauses.filter((where) => typeof where === 'object').length;
    if (ranges > mostRanges) {
        throw wrongUse(
            `interventions name ${ranges} ranges of positions, more than the ${mostRanges} possible; join some`,
        );
    }
    if (clauses.every((where) => where === 'both')) return composed(steps, options);
    const edits: NeuronEdit[] = [];
    const places = new Map<number, number>();
    for (let chosen = 0; chosen < 1 << clauses.length; chosen++) {
        if (!possible(clauses, chosen)) continue;
        const active = steps.filter(({ where }) => (chosen >> clauses.findIndex((one) => same(one, where))) & 1);
        places.set(chosen, edits.length);
        edits.push(composed(active, options));
    }
    const at = (position: number, promptLength: number): number => {
        let chosen = 0;
        for (const [bit, where] of clauses.entries()) if (isAt(where, position, promptLength)) chosen |= 1 << bit;
        return places.get(chosen)!;
    };
    return { edits, at };
}

interface Step {
    readonly name: string;
    readonly neurons: readonly NeuronIndex[];
    readonly affine: (site: number, index: number) => Affine;
    readonly where: InterventionWhere;
}

function stepOf(intervention: Intervention, i: number, { sites, analysis, values }: CompileOptions): Step {
    const { neurons: choice, op, value, strength: s = 1, where = 'both' } = intervention;
    const name = `intervention ${i + 1} (${op})`;
    const wrong = (why: string): LanguageNeuronsError => wrongUse(`${name}: ${why}`);
    const unknown =
        unknownOption(intervention, { ...operationFields, neurons: true }) ??
        (typeof where === 'object' ? unknownOption(where, { from: true, to: true }) : undefined) ??
        ('language' in choice ? unknownOption(choice, { language: true, set: true }) : undefined);
    if (unknown !== undefined) throw wrong(unknown);
    for (const [what, number] of [
        ['strength', s],
        ['value', typeof value === 'number' ? value : 0],
    ] as const) {
        if (!isInRange(number, factorRange))
            throw wrong(`its ${what} must be ${describeRange(factorRange)}, not ${number}`);
    }
    if (op === 'zero' && value !== undefined) throw wrong('it takes no value');
    if (typeof where === 'object') checkRange(where, wrong);
    if ('language' in choice) {
        if (analysis === undefined) throw wrong(`there is no analysis to take the neurons of ${choice.language} from`);
        const { set = defaultSet } = choice;
        if (!setsFor(analysis).includes(set)) throw wrong(`the analysed model has no ${set}; choose another set`);
    }
    const neurons = chosenNeurons(choice, analysis);
    const missing = missingNeuron(neurons, sites);
    if (missing !== undefined) throw wrong(missing);
    if (values?.fits(sites) === false)
        throw new LanguageNeuronsError(
            'MISMATCH',
            `${name}: the values belong to a model with other neurons; collect again`,
        );
    const language = 'language' in choice ? choice.language : undefined;
    const valueOf = resolveValue({ op, value, language }, values, wrong);
    return { name, neurons, affine: (site, index) => affineOf(op, valueOf(site, index), s), where };
}

/**
 * Returns the neurons of a choice, in its order.
 * @param analysis needed where neurons are chosen by language
 * @throws LanguageNeuronsError NOT_FOUND for a language that was not analysed
 */
export function chosenNeurons(choice: NeuronChoice, analysis: NeuronAnalysis | undefined): readonly NeuronIndex[] {
    return 'language' in choice ? neuronsOf(analysis!, choice.language, choice.set ?? defaultSet) : choice;
}

/**
 * Returns the change that an operation makes to an activation.
 * @param v value; for `diffmean`, the difference of means
 * @param s strength
 */
export function affineOf(op: Intervention['op'], v: number, s: number): Affine {
    switch (op) {
        case 'zero':
            return { factor: 1 - s, offset: 0 };
        case 'scale':
            return { factor: 1 + s * (v - 1), offset: 0 };
        case 'add':
        case 'diffmean':
            return { factor: 1, offset: s * v };
        case 'replace':
            return { factor: 1 - s, offset: s * v };
    }
}

function composed(steps: readonly Step[], { sites, conflict = 'order' }: CompileOptions): NeuronEdit {
    if (steps.length === 0) return undefined;
    const sizes = sites.map(neuronsAt);
    const factors = sizes.map((size) => new Float32Array(size).fill(1));
    const offsets = sizes.map((size) => new Float32Array(size));
    const changedBy = sizes.map((size) => new Int32Array(size)); // number of a step, from 1
    for (const [i, { name, neurons, affine }] of steps.entries()) {
        for (const [site, index] of neurons) {
            const before = changedBy[site]![index]!;
            if (before === i + 1) continue; // named twice
            if (conflict === 'error' && before > 0) {
                throw wrongUse(
                    `${steps[before - 1]!.name} and ${name} both change neuron ${index} of site ${site}; choose ` +
                        'others, or apply them one after the other (`conflict: order`)',
                );
            }
            changedBy[site]![index] = i + 1;
            const { factor, offset } = affine(site, index);
            factors[site]![index]! *= factor;
            offsets[site]![index] = offsets[site]![index]! * factor + offset;
            if (!Number.isFinite(factors[site]![index]) || !Number.isFinite(offsets[site]![index])) {
                throw wrongUse(
                    `${name}: it makes a number above 3.4e38, the most a device can hold, for neuron ${index} ` +
                        `of site ${site}; give smaller numbers`,
                );
            }
        }
    }
    if (offsets.some((site) => site.some((offset) => offset !== 0))) return { factors, offsets } satisfies AffineEdit;
    // Takes a quarter of the memory, which matters for hundreds of states of a large model.
    const deactivates = factors.every((site) => site.every((factor) => factor === 0 || factor === 1));
    return deactivates ? factors.map((site) => Uint8Array.from(site, (factor) => 1 - factor)) : { factors };
}

/** Whether one token can match exactly these clauses, given that it is in the prompt or in the response. */
function possible(clauses: readonly InterventionWhere[], chosen: number): boolean {
    const has = (where: InterventionWhere): boolean | undefined => {
        const bit = clauses.indexOf(where);
        return bit < 0 ? undefined : ((chosen >> bit) & 1) === 1;
    };
    const [prompt, response] = [has('prompt'), has('response')];
    return has('both') !== false && (prompt === undefined || response === undefined || prompt !== response);
}

function same(a: InterventionWhere, b: InterventionWhere): boolean {
    return JSON.stringify(a) === JSON.stringify(b);
}

function isAt(where: InterventionWhere, position: number, promptLength: number): boolean {
    if (where === 'both') return true;
    if (where === 'prompt') return position < promptLength;
    if (where === 'response') return position >= promptLength;
    const absolute = (given: number): number => (given < 0 ? promptLength + given : given);
    return position >= absolute(where.from ?? 0) && (where.to === undefined || position < absolute(where.to));
}

function checkRange({ from = 0, to = Infinity }: PositionRange, wrong: (why: string) => Error): void {
    const whole = Number.isInteger(from) && (to === Infinity || Number.isInteger(to));
    if (whole && (from < to || from < 0 !== to < 0)) return;
    throw wrong(`no position is in the range from ${from} to ${to}`);
}
