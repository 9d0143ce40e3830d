import { modelArguments } from '../inputs.js';

/** A command that is killed and continued; its arguments are relative to the folder it runs in. */
export interface Scenario {
    readonly name: string;
    readonly command: readonly string[];
    /** Finished before, undisturbed: what the command builds on. */
    readonly before: readonly (readonly string[])[];
}

const collect = ['collect', ...modelArguments, '--data', 'texts', '--out', 'run', '--folds', '2'];
const identify = ['identify', 'run', '--top-rate', '0.2', '--bar', '0.98'];
const deactivate = ['deactivate', 'run', ...modelArguments, '--controls', '1'];
const drawn = ['--template', 'chat', '--max-tokens', '16', '--context-size', '2048'];

export const scenarios: readonly Scenario[] = [
    { name: 'collect', before: [], command: collect },
    { name: 'identify', before: [collect], command: identify },
    {
        name: 'deactivate, perplexity',
        before: [collect, identify],
        command: [...deactivate, '--data', 'evaluate', '--sets', 'specific,specific+related'],
    },
    {
        name: 'deactivate, accuracy',
        before: [collect, identify],
        command: [
            ...deactivate,
            '--data',
            'questions',
            '--metric',
            'accuracy',
            '--sets',
            'specific',
            '--limit',
            '4',
            ...drawn,
        ],
    },
    {
        name: 'respond',
        before: [],
        command: [
            'respond',
            ...modelArguments,
            '--data',
            'questions',
            ...drawn,
            '--answers',
            '4',
            '--temperature',
            '0.8',
            '--out',
            'answers.json',
        ],
    },
    { name: 'run', before: [], command: ['run', 'run.yaml'] },
];
