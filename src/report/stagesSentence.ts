import type { Stages } from '../neurons/NeuronAnalysis.js';

/** Whether and where the four stages are, in a sentence. */
export function stagesSentence({ seen, reason, stages, confidence }: Stages): string {
    if (!seen) return `The four stages are not seen in this model: ${reason ?? 'its layers do not show them'}.`;
    const places = stages.map(
        ({ name, first, last }, index) =>
            `${index + 1} ${name}, ${first === last ? `layer ${first}` : `layers ${first} to ${last}`}`,
    );
    return (
        `The four stages are seen in this model: ${places.join('; ')} ` +
        `(shaded by turns; confidence ${formatConfidence(confidence)}).`
    );
}

/** A share below 1 is never shown as 100 %. */
export function formatConfidence(confidence: number): string {
    const percent = Math.floor(confidence * 1000) / 10;
    return `${percent.toFixed(percent > 99 || percent === 0 ? 1 : 0).replace(/\.0$/, '')}\u00a0%`;
}
