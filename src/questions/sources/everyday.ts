import { embedded } from '../../engine/files/embeddedModel.js';

/** Name of the prompts that ship with the package, as `--data` takes it. */
export const everyday = 'everyday';

/** Folder of their files: 40 prompts of daily life in each language, parallel in meaning; no answer is right. */
export const everydayFolder = embedded('prompts');

/** Their languages: the paper's ten, in its order, and five more. */
export const everydayLanguages = [
    ...['en', 'ru', 'es', 'fr', 'de', 'zh', 'ja', 'bn', 'th', 'sw'],
    ...['ar', 'hi', 'ko', 'pt', 'te'],
] as const;
