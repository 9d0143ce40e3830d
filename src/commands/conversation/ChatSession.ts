import { lstat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { AskResult, Chat } from '../../chat/Chat.js';
import { wrongUse } from '../../errors.js';
import { expandHome } from '../../files/expandHome.js';
import { writeFileAtomic } from '../../files/fileAccess.js';
import { nonFinite } from '../../files/nonFinite.js';
import type { Intervention } from '../../interventions/Intervention.js';
import { describeState, type ModelState, wholeModel } from '../../interventions/ModelState.js';
import { type ChatChoice, type ChatModelFacts, stateOf } from './chatState.js';
import type { GrowingAnswers } from './chatScreen.js';

/** A turn as it is kept: all that was answered to it, whole, edited and once more. */
export interface KeptTurn {
    readonly system: string | undefined;
    readonly user: string;
    readonly answers: readonly KeptAnswer[];
}

/** The conversation went on with the last one of a turn's. */
export interface KeptAnswer {
    readonly name: string;
    readonly interventions: readonly Intervention[];
    readonly text: string;
    readonly tokens: number;
    readonly end: 'stop' | 'length' | 'aborted';
}

/** What a session needs of the command around it. */
export interface SessionSurroundings {
    readonly facts: ChatModelFacts;
    /** Of the document that is saved. */
    readonly model: { readonly path: string; readonly fingerprint: string };
    show(names: readonly string[]): GrowingAnswers;
    /** Words for people. */
    say(line: string): void;
}

/** A conversation, the state of the model that answers its next turn, and all that was answered. */
export class ChatSession {
    /** Whether the whole model answers beside the edited one. */
    both = false;
    readonly surroundings: SessionSurroundings;
    readonly chat: Chat;
    readonly #saved = new Set<string>();
    #turns: KeptTurn[] = [];
    #choice: ChatChoice;
    #state: ModelState;

    /** @throws LanguageNeuronsError as `stateOf` */
    constructor(chat: Chat, choice: ChatChoice, surroundings: SessionSurroundings) {
        this.chat = chat;
        this.surroundings = surroundings;
        this.#choice = choice;
        this.#state = stateOf(choice, surroundings.facts, '--');
    }

    get choice(): ChatChoice {
        return this.#choice;
    }

    /** In front of a line that is typed: the state, unless it is the whole model. */
    get prompt(): string {
        const { name } = this.#state;
        return name === wholeModel.name ? '> ' : `${name}${this.both ? ' | both' : ''}> `;
    }

    /**
     * Changes the state that answers the turns to come.
     * @throws LanguageNeuronsError as `stateOf`; the state is then what it was
     */
    choose(change: Partial<ChatChoice>): void {
        const choice = { ...this.#choice, ...change };
        this.#state = stateOf(choice, this.surroundings.facts, '/');
        this.#choice = choice;
    }

    /** The state in words. */
    describe(): string {
        const state = describeState(this.#state);
        if (this.#state === wholeModel) return `${state} answers`;
        const { use, set = 'specific+related', where = 'both' } = this.#choice;
        const which = use === undefined ? ` (${set}${where === 'both' ? '' : `, ${String(where)} alone`})` : '';
        const beside = this.both ? ', next to the whole model' : '';
        return `${state}${which}${beside}`;
    }

    /** Says something, and shows what is answered. */
    async ask(user: string, signal: AbortSignal): Promise<void> {
        const answers = await this.#answered((options) => this.chat.ask(user, options), signal);
        this.#turns.push({ system: this.chat.system, user, answers });
    }

    /** Asks the last turn again under the present state. */
    async again(signal: AbortSignal): Promise<void> {
        const answers = await this.#answered((options) => this.chat.again(options), signal);
        const last = this.#turns.pop()!;
        this.#turns.push({ ...last, system: this.chat.system, answers: [...last.answers, ...answers] });
    }

    reset(): void {
        this.chat.reset();
        this.#turns = [];
    }

    /** The conversation as a document. */
    document(): Record<string, unknown> {
        return { format: 'language-neurons/chat', version: 1, model: this.surroundings.model, turns: this.#turns };
    }

    /**
     * Writes it into a file, which no other may be in the place of.
     * @throws LanguageNeuronsError WRONG_USE, UNWRITABLE
     */
    async save(path: string): Promise<void> {
        const full = resolve(expandHome(path));
        const there = await lstat(full).catch(() => undefined);
        if (there !== undefined && !this.#saved.has(full)) throw wrongUse(`${path}: already exists; give another name`);
        await writeFileAtomic(full, `${JSON.stringify(this.document(), nonFinite, 1)}\n`);
        this.#saved.add(full);
    }

    async #answered(
        ask: (options: Parameters<Chat['again']>[0]) => Promise<AskResult>,
        signal: AbortSignal,
    ): Promise<KeptAnswer[]> {
        const { show, say } = this.surroundings;
        const beside = this.both && this.#state !== wholeModel;
        const states = beside ? [wholeModel, this.#state] : [this.#state];
        const names = states.map(({ name }) => name);
        let growing: GrowingAnswers | undefined; // what is refused shows nothing
        const { answers, dropped } = await ask({
            states,
            signal,
            onGrowth: (place, text) => (growing ??= show(names)).show(place, text),
        });
        (growing ?? show(names)).end(answers.map(({ text }) => text));
        if (answers.some(({ end }) => end === 'aborted')) say('(stopped)');
        else if (answers.some(({ end }) => end === 'length'))
            say(`(ended after ${this.chat.maxTokens} tokens; --max-tokens allows more)`);
        if (dropped > 0) {
            const turns = dropped === 1 ? 'oldest turn is' : `${dropped} oldest turns are`;
            say(`(the window is full: the ${turns} no longer read)`);
        }
        return answers.map((answer, i) => {
            const { name, interventions } = states[i]!;
            return { name, interventions, ...answer };
        });
    }
}
