import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunConfig } from './RunConfig.js';

const embedded = (name: string): string => fileURLToPath(new URL(`../../src/embedded/${name}`, import.meta.url));

/** The model that ships with the package. */
export const embeddedModel = embedded('embedded.gguf');
/** Texts it never saw in training, to count on and to evaluate on: folders of `LL.txt`. */
export const embeddedCollectTexts = embedded('texts/collect');
export const embeddedEvaluateTexts = embedded('texts/evaluate');

/**
 * What `run` does without a configuration: the whole way on the embedded model, over texts held out
 * from its training (articles 25 to 30 of the UDHR, and generated sentences).
 */
export function embeddedRun(): RunConfig {
    return {
        title: 'Language neurons of the embedded model',
        model: embeddedModel,
        data: [embeddedCollectTexts, 'udhr:25-27'],
        evaluation: [embeddedEvaluateTexts, 'udhr:28-30'],
        folds: 5,
        languages: ['en', 'ru', 'es', 'fr', 'de', 'zh', 'ja', 'bn', 'th', 'sw'],
        // A small model has few neurons: the paper's 1 % would be a handful a language.
        topRate: 0.1,
        sets: ['specific+related'],
        gpu: 'off',
        out: resolve('runs/embedded'),
        notes: [
            'The embedded model is small and trained for minutes, on sentences generated from templates and on part of the Universal Declaration of Human Rights: it shows what the tool does, not how large models are made.',
        ],
    };
}
