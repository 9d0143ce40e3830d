import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
    conditionsOf,
    type Experiment,
    hoursOf,
    paperExperiment,
    projection,
    stepsOf,
} from '../../../scripts/projection/project.mjs';

const small: Experiment = {
    languages: 2,
    questions: 3,
    answers: 4,
    promptTokens: 10,
    answerTokens: 5,
    sets: 2,
    controls: 1,
};

describe('the projection', () => {
    it('counts the conditions of the paper', () => {
        expect(conditionsOf(paperExperiment)).toBe(121);
        expect(conditionsOf(small)).toBe(9);
    });

    it('counts each token where it goes through the model', () => {
        const [respond, collect, perplexity, accuracy] = Object.values(stepsOf(small));
        expect(respond).toEqual({ read: 60, scored: 0, generated: 120 }); // a prompt once for its four answers
        expect(collect).toEqual({ read: 180, scored: 0, generated: 0 });
        expect(perplexity).toEqual({ read: 0, scored: 540, generated: 0 });
        expect(accuracy).toEqual({ read: 540, scored: 0, generated: 270 });
    });

    it('takes the rates for tokens a second of one device', () => {
        const rates = { count: 2, score: 4, generate: 1 };
        expect(hoursOf({ read: 7200, scored: 14_400, generated: 3600 }, rates, 1)).toBe(3);
        expect(hoursOf({ read: 7200, scored: 14_400, generated: 3600 }, rates, 8)).toBe(3 / 8);
    });

    it('of docs/scale.md is what the script prints', () => {
        expect(readFileSync('docs/scale.md', 'utf8')).toContain(projection());
    });
});
