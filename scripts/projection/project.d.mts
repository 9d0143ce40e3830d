export interface Experiment {
    readonly languages: number;
    readonly questions: number;
    readonly answers: number;
    readonly promptTokens: number;
    readonly answerTokens: number;
    readonly sets: number;
    readonly controls: number;
}

export interface StepTokens {
    readonly read: number;
    readonly scored: number;
    readonly generated: number;
}

export interface Rates {
    readonly count: number;
    readonly score: number;
    readonly generate: number;
}

export const paperExperiment: Experiment;
export function conditionsOf(experiment: Experiment): number;
export function stepsOf(experiment: Experiment): Readonly<Record<string, StepTokens>>;
export function hoursOf(tokens: StepTokens, rates: Rates, devices: number): number;
export function projection(
    experiment?: Experiment,
    columns?: readonly { readonly label: string; readonly rates: Rates; readonly devices: number }[],
): string;
