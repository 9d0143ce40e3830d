import { join } from 'node:path';
import { readActivations } from '../activations/activationsFile.js';
import { LanguageNeuronsError } from '../errors.js';
import { identify } from '../neurons/identify.js';
import { writeNeurons } from '../neurons/file.js';
import type { NeuronAnalysis } from '../neurons/NeuronAnalysis.js';
import type { CommandResult } from './shared.js';

export interface IdentifyArguments {
    dir: string;
    topRate: number;
    bar: number;
    lambda: string;
}

/** `identify`: scores and classifies the neurons of DIR/activations.safetensors into DIR/neurons.json. */
export async function identifyCommand(args: IdentifyArguments): Promise<CommandResult> {
    const activations = await readActivations(args.dir);
    const analysis = identify(activations, { topRate: args.topRate, bar: args.bar, lambda: parseLambda(args.lambda) });
    await writeNeurons(join(args.dir, 'neurons.json'), analysis);
    const { neurons: _, ...json } = analysis;
    return { json, text: describeAnalysis(analysis) };
}

/** A few lines for people. */
export function describeAnalysis(analysis: NeuronAnalysis): string {
    const { selected, widths, lambda, threshold, general, perLanguage } = analysis;
    const all = widths.reduce((sum, width) => sum + width, 0);
    return [
        `${selected} of ${all} neurons selected (λ = ${lambda}, τ = ${threshold.toFixed(4)}); ${general} general`,
        ...Object.entries(perLanguage).map(([language, n]) => `${language}  ${n.specific} specific, ${n.related} related`),
    ].join('\n');
}

function parseLambda(text: string): 'auto' | number {
    if (text === 'auto') return 'auto';
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value)) {
        throw new LanguageNeuronsError('WRONG_USE', `--lambda takes auto or a number, not ${text}`);
    }
    return value;
}
