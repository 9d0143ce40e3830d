import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { describe, expect, test } from 'vitest';
import { randomGenerator } from '../../../src/support/randomGenerator.js';
import { successiveHalving, triedInRounds } from '../../../src/tune/halving.js';
import { type HeldOut, type Judgement, judgeHeldOut } from '../../../src/tune/judgement.js';
import { isSearched, roundsOf, someQuestions } from '../../../src/tune/promptParts.js';

const candidates = 60;
const prompts = 80;
const seeds = 100;
const bounds = { maxKl: 0.1, maxLoss: 0.05 };

/** Chances that a prompt passes, of each candidate and of what it is judged beside. */
interface World {
    readonly candidate: (number: number) => number;
    readonly whole: number;
    readonly prompted: number;
    readonly random: number;
    /** Nats a token, of each candidate. Default: 0.01 for all. */
    readonly kl?: (number: number) => number;
}

interface Found {
    /** Of the best candidate; undefined: none is within bounds. */
    readonly best: number | undefined;
    readonly judgement: Judgement | undefined;
}

/** The whole procedure with simulated answers: prompts differ in difficulty, which half of all answers follow. */
async function simulated(seed: number, { candidate, whole, prompted, random, kl = () => 0.01 }: World): Promise<Found> {
    const uniform = (...numbers: readonly number[]): number => uniformFloat64(randomGenerator(seed, ...numbers));
    const passes = (state: number, chance: number, place: number): number => {
        const isShared = uniform(1, state, place) < 0.5;
        return (isShared ? uniform(2, place) : uniform(3, state, place)) < chance ? 1 : 0;
    };
    const places = [...Array(prompts).keys()];
    const [searched, judged] = [places.filter(isSearched), places.filter((place) => !isSearched(place))];
    const all = Array.from({ length: candidates }, (_, number) => number);
    const rounds = await successiveHalving({
        candidates: all,
        rounds: roundsOf(prompts),
        passRates: async (some, asked) =>
            some.map((number) => {
                const own = searched.slice(0, asked).map((place) => passes(number, candidate(number), place));
                return own.reduce((sum, pass) => sum + pass, 0) / asked;
            }),
        admits: async (number) => kl(number) < bounds.maxKl,
    });
    const best = rounds.at(-1)!.kept[0]?.candidate;
    if (best === undefined) return { best, judgement: undefined };
    const side = (state: number, chance: number): number[][] => [judged.map((place) => passes(state, chance, place))];
    const heldOut: HeldOut = {
        tuned: side(best, candidate(best)),
        whole: side(1001, whole),
        prompted: side(1002, prompted),
        random: [1003, 1004, 1005].map((state) => side(state, random)),
        right: undefined,
        kl: { value: kl(best), interval: [kl(best), kl(best)] },
    };
    return { best, judgement: judgeHeldOut(heldOut, bounds) };
}

async function simulations(world: World): Promise<Found[]> {
    return Promise.all(Array.from({ length: seeds }, (_, seed) => simulated(seed, world)));
}

const claims = (found: readonly Found[]): number =>
    found.filter(({ judgement }) => judgement?.refused.length === 0).length;

describe('a search over 60 candidates and 80 prompts, in 100 simulations', () => {
    test('finds the one that was planted, and claims its gain', async () => {
        const planted = 37;
        const candidate = (number: number): number => (number === planted ? 0.85 : 0.2 + (0.3 * number) / candidates);
        const found = await simulations({ candidate, whole: 0.3, prompted: 0.35, random: 0.3 });
        expect(found.filter(({ best }) => best === planted).length).toBeGreaterThanOrEqual(95);
        expect(claims(found)).toBeGreaterThanOrEqual(95);
    });

    test('claims nothing where no candidate does anything', async () => {
        const found = await simulations({ candidate: () => 0.4, whole: 0.4, prompted: 0.4, random: 0.4 });
        expect(claims(found)).toBeLessThanOrEqual(1);
        // The comparison with the whole model alone keeps its level: two-sided 5 %, and what was searched adds nothing.
        const gains = found.filter(({ judgement }) => !judgement!.refused.includes('whole'));
        expect(gains.length).toBeLessThanOrEqual(7);
    });

    test.each([
        ['a system prompt does as much', 'prompted', { whole: 0.3, prompted: 0.8, random: 0.3 }],
        ['random neurons do as much', 'random', { whole: 0.3, prompted: 0.3, random: 0.8 }],
    ] as const)('claims nothing where %s', async (_, reason, world) => {
        const candidate = (number: number): number => (number === 12 ? 0.8 : 0.3);
        const found = await simulations({ candidate, ...world });
        expect(claims(found)).toBeLessThanOrEqual(7);
        expect(found.filter(({ judgement }) => judgement!.refused.includes(reason)).length).toBeGreaterThanOrEqual(93);
    });

    test('takes the best of those within bounds', async () => {
        const chances: Readonly<Record<number, number>> = { 12: 0.95, 37: 0.8 };
        const candidate = (number: number): number => chances[number] ?? 0.3;
        const kl = (number: number): number => (number === 12 ? 0.5 : 0.01);
        const found = await simulations({ candidate, kl, whole: 0.3, prompted: 0.3, random: 0.3 });
        expect(found.filter(({ best }) => best === 37).length).toBeGreaterThanOrEqual(95);
        const none = await simulated(1, { candidate, kl: () => 1, whole: 0.3, prompted: 0.3, random: 0.3 });
        expect(none).toEqual({ best: undefined, judgement: undefined });
    });
});

describe('a search', () => {
    test('tries a third in each round, on more prompts, and of equals keeps those that change less', async () => {
        const asked: [tried: number, prompts: number][] = [];
        const rounds = await successiveHalving({
            candidates: [...Array(20).keys()],
            rounds: roundsOf(40),
            passRates: async (some, count) => {
                asked.push([some.length, count]);
                return some.map((number) => (number % 5 === 0 ? 0.5 : 0.25));
            },
            admits: async () => true,
        });
        expect(asked).toEqual([
            [20, 5],
            [7, 10],
            [3, 20],
        ]);
        expect(asked.map(([tried]) => tried)).toEqual(triedInRounds(20, 3));
        expect(rounds.map(({ kept }) => kept.map(({ candidate }) => candidate))).toEqual([
            [0, 5, 10, 15, 1, 2, 3],
            [0, 5, 10],
            [0],
        ]);
    });

    test('asks of bounds only those that would stay', async () => {
        const asked: number[] = [];
        await successiveHalving({
            candidates: [...Array(9).keys()],
            rounds: [4],
            passRates: async (some) => some.map((number) => number / 9),
            admits: async (number) => {
                asked.push(number);
                return number !== 8;
            },
        });
        expect(asked).toEqual([8, 7, 6, 5]);
    });

    test('keeps the prompts that it judges on to itself', async () => {
        const text = (index: number): { language: string; index: number; text: string } => ({
            ...{ language: 'de', index },
            text: `prompt ${index}`,
        });
        const questions = {
            ...{ name: 'q', sources: [], languages: ['de'] },
            inLanguage: async () => [...Array(13).keys()].map(text),
        };
        const searched = await someQuestions(questions, isSearched).inLanguage('de');
        const judged = await someQuestions(questions, (place) => !isSearched(place)).inLanguage('de');
        expect(searched).toHaveLength(roundsOf(13).at(-1)!);
        expect([...searched, ...judged].map(({ index }) => index).sort((a, b) => a - b)).toEqual([...Array(13).keys()]);
    });
});

describe('a judgement', () => {
    const all = (value: number, count = 20): number[][] => [Array<number>(count).fill(value)];
    const good: HeldOut = {
        ...{ tuned: all(1), whole: all(0), prompted: all(0), random: [all(0), all(0)], right: undefined },
        kl: { value: 0.01, interval: [0.005, 0.02] },
    };

    test('claims a gain that all baselines lack, at a cost within bounds', () => {
        const { rates, over, refused } = judgeHeldOut(good, bounds);
        expect(rates).toEqual({ tuned: 1, whole: 0, prompted: 0, random: 0 });
        expect(over.whole.value).toBe(1);
        expect(over.whole.p).toBeLessThan(0.001);
        expect(refused).toEqual([]);
    });

    test.each([
        ['the upper end of the divergence', { kl: { value: 0.05, interval: [0.01, 0.2] as const } }, 'kl'],
        ['a divergence on too few texts for an interval', { kl: { value: 0.01, interval: null } }, 'kl'],
        ['accuracy', { right: { tuned: all(0), whole: all(1), prompted: all(0) } }, 'accuracy'],
        ['the whole model', { whole: all(1) }, 'whole'],
        ['a system prompt', { prompted: all(1) }, 'prompted'],
        ['random neurons', { random: [all(1), all(1)] }, 'random'],
    ] as const)('claims nothing that %s is against', (_, world, reason) => {
        expect(judgeHeldOut({ ...good, ...world }, bounds).refused).toEqual([reason]);
    });

    test('counts parallel prompts of several languages as one unit', () => {
        // Six prompts that pass in one language are a gain; in ten languages together they are no more than that.
        const [of, none] = [(count: number) => [...Array(6).fill(1), ...Array(count - 6).fill(0)], Array(20).fill(0)];
        const [one, ten] = [1, 10].map((languages) => {
            const tuned = Array.from({ length: languages }, () => of(20) as number[]);
            const whole = Array.from({ length: languages }, () => none as number[]);
            return judgeHeldOut({ ...good, tuned, whole, prompted: whole, random: [whole] }, bounds).over.whole.p!;
        });
        expect(ten).toBeCloseTo(one!, 2);
    });
});
