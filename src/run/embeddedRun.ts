import { resolve } from 'node:path';
import { embedded, embeddedModel } from '../engine/files/embeddedModel.js';
import type { RunConfig } from './RunConfig.js';

export { embeddedModel };
/** The adapter that aligns it. */
export const embeddedAdapter = embedded('aligned-lora.gguf');
/** Texts it never saw in training, to count on and to evaluate on: folders of `LL.txt`. */
export const embeddedCollectTexts = embedded('texts/collect');
export const embeddedEvaluateTexts = embedded('texts/evaluate');
/** Word problems with their answers, and a folder of others to be answered; it saw none of them. */
export const embeddedSolvedProblems = embedded('problems/collect.jsonl');
export const embeddedProblems = embedded('problems/test');

/**
 * The configuration of `run` without a file: all steps on the embedded model, before and after
 * alignment, over what is held out from its training (articles 25 to 30 of the UDHR, generated
 * sentences, word problems).
 */
export function embeddedRun(): RunConfig {
    return {
        title: 'Language neurons of the embedded model',
        model: embeddedModel,
        aligned: { loras: [{ path: embeddedAdapter }], trained: ['zh', 'de'], together: true },
        data: [embeddedCollectTexts, embeddedSolvedProblems, 'udhr:25-27'],
        evaluation: [embeddedEvaluateTexts, 'udhr:30-30'],
        accuracy: {
            questions: embeddedProblems,
            languages: ['en', 'zh'],
            template: 'chat',
            limit: 50,
            wholeLimit: 100,
            maxTokens: 64,
            contextSize: 4096,
        },
        sets: ['specific+related'], // add specific and specific+related+general for all three
        folds: 5,
        languages: ['en', 'ru', 'es', 'fr', 'de', 'zh', 'ja', 'bn', 'th', 'sw'],
        // A small model has few neurons, and most of this one's are hardly ever active: the paper's 1 % would be a
        // handful a language, and above its bar, the 95 % quantile, lie probabilities of one in a thousand.
        topRate: 0.2,
        bar: 0.98,
        controls: 1,
        gpu: 'off',
        products: 'auto', // the fastest here; results are identified by those that were chosen
        threads: 1, // for batches this small, more threads cost more than they gain
        out: resolve('runs/embedded'),
        notes: [
            'The embedded model is small and trained for half an hour, ' +
                'on sentences and word problems generated from templates and on part of the Universal ' +
                'Declaration of Human Rights, with a penalty that makes neurons specialise: ' +
                'it shows what the tool does, not how large models are made.',
            'Problems are asked in two languages: 100 each of the whole model, and 50 each without the specific and ' +
                'related neurons, so that the accuracy of a single cell is sure to some 14 points. ' +
                'scripts/embedded/README.md has figures from 50 and 100 problems in ten languages, and of a second ' +
                'training.',
        ],
    };
}
