// What an experiment costs: the tokens of each step, and the time that they take at given rates. Prints the table of
// docs/scale.md, or that of other machines and other figures:
//   node scripts/projection/project.mjs [--count N --score N --generate N] [--devices N] [--questions N ...]
// count, score, generate: tokens a second of one device, as `npm run bench:rates` prints them.

import { fileURLToPath } from 'node:url';
import yargs from 'yargs';

/** The paper's: MGSM in ten languages, with the tokens that its authors' published counts tell (Mistral's). */
export const paperExperiment = {
    languages: 10,
    /** Of each language. */
    questions: 250,
    /** Texts that are counted, of each question. */
    answers: 10,
    /** Of a prompt and of an answer, on average. */
    promptTokens: 168,
    answerTokens: 170,
    sets: 3,
    /** Random controls of each deactivation. */
    controls: 3,
};

/** One card, assumed; see docs/scale.md for where from. */
const card = { count: 3500, score: 3500, generate: 1200 };
/** Two cores, measured on the 8B shape. */
const twoCores = { count: 38.2, score: 29.2, generate: 29 };
/** Sixteen cores, as if eight times as fast. */
const node = Object.fromEntries(Object.entries(twoCores).map(([name, rate]) => [name, 8 * rate]));
const machines = [
    { label: 'one card', rates: card, devices: 1 },
    { label: 'eight cards', rates: card, devices: 8 },
    { label: '64 nodes', rates: node, devices: 64 },
];

/** The whole model, and each language without each set of neurons and without as many random ones. */
export function conditionsOf({ languages, sets, controls }) {
    return 1 + languages * sets * (1 + controls);
}

/**
 * Tokens of each step by the way in which they go through the model: read (counted, or prompts of what is generated),
 * scored, or generated.
 */
export function stepsOf(experiment) {
    const { languages, questions, answers, promptTokens, answerTokens } = experiment;
    const asked = languages * questions;
    const conditions = conditionsOf(experiment);
    const prompts = asked * promptTokens;
    return {
        'answers to count (`respond`)': { read: prompts, scored: 0, generated: asked * answers * answerTokens },
        'counting (`collect`)': { read: prompts + asked * answers * answerTokens, scored: 0, generated: 0 },
        'perplexity of the prompts (`deactivate`)': { read: 0, scored: conditions * prompts, generated: 0 },
        'accuracy (`deactivate`)': {
            read: conditions * prompts,
            scored: 0,
            generated: conditions * asked * answerTokens,
        },
    };
}

/**
 * Hours that a step takes on so many devices.
 * @param {{read: number, scored: number, generated: number}} tokens of the step
 * @param {{count: number, score: number, generate: number}} rates tokens a second of one device
 */
export function hoursOf({ read, scored, generated }, { count, score, generate }, devices) {
    return (read / count + scored / score + generated / generate) / devices / 3600;
}

/** Markdown: a line for each step, and their sum. */
export function projection(experiment = paperExperiment, columns = machines) {
    const steps = stepsOf(experiment);
    const sum = Object.values(steps).reduce((a, b) => ({
        read: a.read + b.read,
        scored: a.scored + b.scored,
        generated: a.generated + b.generated,
    }));
    const rows = Object.entries({ ...steps, [`all, ${conditionsOf(experiment)} conditions`]: sum });
    const lines = rows.map(([label, tokens]) => [
        label,
        millions(tokens.read + tokens.scored),
        millions(tokens.generated),
        ...columns.map(({ rates, devices }) => time(hoursOf(tokens, rates, devices))),
    ]);
    const heading = ['', 'million tokens read', 'generated', ...columns.map(({ label }) => label)];
    const rule = heading.map((_, column) => (column === 0 ? '---' : '--:'));
    return [heading, rule, ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const millions = (tokens) => (tokens / 1e6).toFixed(1);

/** Hours, as minutes or days where they are few or many. */
function time(hours) {
    if (hours < 1) return `${(60 * hours).toFixed(hours < 1 / 6 ? 1 : 0)} min`;
    return hours < 48 ? `${hours.toFixed(1)} h` : `${(hours / 24).toFixed(1)} days`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const names = Object.keys({ ...paperExperiment, ...card });
    const { devices, ...given } = await yargs(process.argv.slice(2))
        .options(Object.fromEntries(names.map((name) => [name, { type: 'number' }])))
        .option('devices', { type: 'number', default: 1 })
        .strict()
        .parseAsync();
    const taken = (from) =>
        Object.fromEntries(Object.entries(from).map(([name, value]) => [name, given[name] ?? value]));
    const isOwn = Object.keys(card).some((name) => given[name] !== undefined) || devices !== 1;
    const own = [{ label: `${devices} of these`, rates: taken(card), devices }];
    console.log(projection(taken(paperExperiment), isOwn ? own : machines));
}
