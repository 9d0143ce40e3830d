import { describe, expect, it } from 'vitest';
import { caveatsOf, foundElsewhere } from '../../../src/experiments/matrices/caveats.js';
import { someSource } from '../../helpers/analysed.js';

const base = { name: 'base', quantization: 'Q4_0', fingerprint: 'a' };
const chat = { name: 'chat', quantization: 'Q8_0', fingerprint: 'b' };

describe('what a reader has to know of a matrix', () => {
    it('is nothing of other texts and the model that was analysed', () => {
        expect(caveatsOf({ metric: 'ppl', model: base })).toEqual([]);
    });

    it('is that it is circular, and of another model', () => {
        const caveats = caveatsOf({ metric: 'ppl', model: chat, counted: { en: 1, de: 0.5 }, foundIn: base });
        expect(caveats).toEqual([
            'Circular: the perplexity was evaluated on texts that were counted (en 100 %, de 50 % of the texts), and ' +
                'effects on texts that neurons were found on look larger than on others.',
            'The perplexity was measured on another model (chat, Q8_0) than the neurons were found in (base, Q4_0).',
        ]);
    });

    it('says so of questions, as of texts', () => {
        const [circular] = caveatsOf({ metric: 'accuracy', model: base, counted: { en: 1, de: 0.25 } });
        expect(circular).toBe(
            'Circular: the accuracy was evaluated on questions that were counted (en 100 %, de 25 % of the ' +
                'questions), and effects on questions that neurons were found on look larger than on others.',
        );
    });

    it('tells the model of an analysis from another one, where it is known', () => {
        const source = { ...someSource, model: { ...someSource.model, ...base } };
        expect(foundElsewhere(source, base)).toBeUndefined();
        expect(foundElsewhere(source, chat)).toEqual(base);
        const unknown = { ...source, model: { ...source.model, fingerprint: '' } };
        expect(foundElsewhere(unknown, chat)).toBeUndefined();
    });
});
