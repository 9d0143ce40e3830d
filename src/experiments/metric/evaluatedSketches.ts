import { QuestionSketch } from '../../activations/sketch.js';

/** By language, sketches of what is evaluated, one for each way of naming it; the greatest share counts. */
export type EvaluatedSketches = Readonly<Record<string, readonly string[]>>;

/** The sketches of questions, which are known by their texts and by their prompts. */
export function questionSketches(
    questions: Iterable<{ readonly language: string; readonly names: readonly string[] }>,
): Record<string, string[]> {
    const sketches = new Map<string, QuestionSketch[]>();
    for (const { language, names } of questions) {
        const own = sketches.get(language) ?? names.map(() => new QuestionSketch());
        sketches.set(language, own);
        for (const [i, name] of names.entries()) own[i]!.add(name);
    }
    return Object.fromEntries([...sketches].map(([language, own]) => [language, own.map(String)]));
}
