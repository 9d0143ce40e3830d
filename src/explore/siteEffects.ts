import type { EffectsFile } from '../effects/effectsFile.js';
import { shownToken } from '../effects/shownToken.js';
import { scriptOf } from '../languages/scriptOf.js';
import { languageOfScript, textScript } from '../languages/textScript.js';
import type { NeuronAnalysis } from '../neurons/analysis/NeuronAnalysis.js';
import { effectsPath, type SiteNeuronEffects, type SiteTokenEffect } from './effectsFormat.js';
import { blockBytes } from './siteFormat.js';

/** A block without neurons. */
const frame = '{"neurons":[]}';

/** Blocks of a site's effects, and the flat index of each one's first neuron. */
export interface EffectBlocks {
    readonly firsts: readonly number[];
    readonly files: ReadonlyMap<string, () => Buffer>;
}

/**
 * Cuts effects into blocks of whole neurons.
 * @param starts flat index of each site's first neuron
 */
export function siteEffects(
    { tokens, neurons }: EffectsFile,
    { languages }: NeuronAnalysis,
    starts: readonly number[],
): EffectBlocks {
    const written = languages.map((tag) => ({ tag, script: scriptOf(tag).script }));
    const known = new Map<number, Omit<SiteTokenEffect, 'effect'>>();
    const shown = (token: number): Omit<SiteTokenEffect, 'effect'> => {
        const found = known.get(token) ?? factsOf(tokens[token] ?? '', written);
        known.set(token, found);
        return found;
    };
    const listOf = (list: EffectsFile['neurons'][number]['raised']): SiteTokenEffect[] =>
        list.map(([token, effect]) => ({ ...shown(token), effect }));
    const blocks: { first: number; parts: string[]; bytes: number }[] = [];
    for (const { neuron, raised, lowered } of neurons) {
        const flat = starts[neuron[0]]! + neuron[1];
        const one = { flat, raised: listOf(raised), lowered: listOf(lowered) } satisfies SiteNeuronEffects;
        const part = JSON.stringify(one);
        const bytes = Buffer.byteLength(part) + 1; // and a comma
        const last = blocks.at(-1);
        if (last === undefined || last.bytes + bytes > blockBytes - frame.length)
            blocks.push({ first: flat, parts: [part], bytes });
        else {
            last.parts.push(part);
            last.bytes += bytes;
        }
    }
    return {
        firsts: blocks.map(({ first }) => first),
        files: new Map(
            blocks.map(({ parts }, i) => [
                effectsPath(i),
                () => Buffer.from(frame.replace('[]', () => `[${parts.join(',')}]`)),
            ]),
        ),
    };
}

function factsOf(text: string, languages: Parameters<typeof languageOfScript>[1]): Omit<SiteTokenEffect, 'effect'> {
    const script = textScript(text);
    const language = languageOfScript(script, languages);
    return {
        text: shownToken(text),
        ...(script === undefined ? {} : { script }),
        ...(language === undefined ? {} : { language }),
    };
}
