import { LanguageNeuronsError } from '../../errors.js';
import type { AnySample } from '../types/TokenizedSample.js';

/** Characters of a text by which it is named. */
const shown = 40;

/** Samples of a stream that are under way, to name one by its place. */
export class NamedSamples {
    readonly #samples = new Map<number, AnySample>();

    /** The same samples, each kept until it is forgotten. */
    async *keep(samples: AsyncIterable<AnySample> | Iterable<AnySample>): AsyncGenerator<AnySample> {
        let place = 0;
        for await (const sample of samples) {
            this.#samples.set(place++, sample);
            yield sample;
        }
    }

    /** Undefined where it has not come, or is forgotten. */
    at(place: number): AnySample | undefined {
        return this.#samples.get(place);
    }

    /** Forgets those before a place. */
    forget(place: number): void {
        for (const known of this.#samples.keys()) {
            if (known >= place) return;
            this.#samples.delete(known);
        }
    }

    /** `text 13 (de), "Rosa hat 12 Stühle. Rosa gibt…"` */
    name(place: number): string {
        const sample = this.#samples.get(place);
        if (sample === undefined || 'tokens' in sample) return `text ${place + 1}`;
        const language = sample.language === '' ? '' : ` (${sample.language})`;
        return `text ${place + 1}${language}, ${quote(sample.prompt + sample.response)}`;
    }
}

/** The beginning of a text. */
export function quote(text: string): string {
    const characters = Array.from(text);
    return JSON.stringify(characters.length > shown ? `${characters.slice(0, shown).join('')}…` : text);
}

/**
 * What is NaN or infinite has no sign to count, and nothing that is computed from it means anything.
 * @param what such as `an activation of layer 3`
 * @param text see `NamedSamples.name`
 * @param files of the model and its adapters, any of which may be damaged
 */
export function notFinite(what: string, text: string, files: readonly string[]): LanguageNeuronsError {
    return new LanguageNeuronsError(
        'NATIVE',
        `${files.join(' with ')}: ${what} is not finite (NaN or infinite) for ${text}; ` +
            'download or convert the model again, change activations less, or continue anyway with ' +
            '`allowNonfinite`',
    );
}
