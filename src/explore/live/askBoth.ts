import type { AnswerRequest, TokenAnswer } from '../../engine/scheduler/AnswerRequest.js';
import type { TextEdit } from '../../engine/types/edits.js';
import type { Intervention } from '../../interventions/Intervention.js';
import { modelState } from '../../interventions/ModelState.js';
import { distinctNeurons } from '../../neurons/analysis/distinctNeurons.js';
import { ApiError } from '../../serve/ApiError.js';
import { answerExchange } from '../../serve/Exchange.js';
import { Latest } from '../../serve/Latest.js';
import { StreamedText } from '../../serve/StreamedText.js';
import type { AskEvent, AskQuestion, LanguageSpan, Side, TokenTrace } from './liveFormat.js';
import type { LiveModel } from './LiveModel.js';
import { languageOf } from '../../answers/languageOf.js';

/** Code units of a sentence that is judged in windows, and of a window. */
const longSentence = 160;

const window = 80;

const sentences = new Intl.Segmenter(undefined, { granularity: 'sentence' });

const words = new Intl.Segmenter(undefined, { granularity: 'word' });

/** Answers a question with the whole model and, where anything is changed, with the changed one, side by side. */
export async function* askBoth(live: LiveModel, question: AskQuestion, signal: AbortSignal): AsyncGenerator<AskEvent> {
    const { engine, texts, analysis } = live;
    const interventions = interventionsOf(live, question);
    const edits: TextEdit[] = [undefined];
    if (interventions.length > 0)
        edits.push(modelState({ name: 'changed', interventions }, { sites: engine.sites, analysis }).edit);
    const prompt = await promptOf(live, question);
    const maxTokens = Math.min(question.maxTokens, live.facts.mostAnswer);
    const { mostTokens, mostAnswer } = live.facts;
    // BOS, where the template does not write it.
    const requestSize = mostTokens + 1 + mostAnswer;
    const batching = await engine.batching({ edits, parallel: edits.length, requestSize });
    let answers: TokenAnswer[];
    try {
        const requests = edits.map((_, edit): AnswerRequest => ({ prompt, edit, maxTokens }));
        const latest = new Latest();
        const all = answerExchange({ batching }, { requests }, signal, latest);
        all.catch(() => undefined); // met again below, unless the page has gone
        const streamed = edits.map(() => new StreamedText(texts, []));
        for await (const { place, grown, answer } of latest) {
            const text = streamed[place]!.grow(grown?.tokens ?? Array.from(answer!.tokens));
            if (text !== '') yield { kind: 'grew', side: place as Side, text };
        }
        answers = await all;
    } finally {
        await batching.close({ stop: true });
    }
    // BOS is put in front of what is watched.
    const begin = prompt.subarray(prompt[0] === engine.info.bos ? 1 : 0);
    for (const [side, { tokens, end }] of answers.entries()) {
        const whole = Int32Array.of(...begin, ...tokens);
        const trace = await live.trace(whole, begin.length, edits[side], signal);
        const spans = languageSpans(trace.pieces, analysis.languages);
        const ended = { kind: 'ended', side: side as Side, end: end === 'length' ? end : 'stop' } as const;
        yield { ...ended, trace, spans, changedAt: changeOf(spans) };
    }
}

/** @throws ApiError 400 */
function interventionsOf(live: LiveModel, { languages, set, share, neurons, factor }: AskQuestion): Intervention[] {
    const single = neurons.map((flat) => live.neuronAt(flat));
    // Each neuron once, whichever languages have it.
    const all = distinctNeurons([...languages.flatMap((tag) => live.firstOf(tag, set, share)), ...single]);
    return all.length === 0 || factor === 1 ? [] : [{ neurons: all, op: 'scale', value: factor }];
}

/** @throws ApiError 400 */
async function promptOf(live: LiveModel, { text, chat }: AskQuestion): Promise<Int32Array> {
    if (!chat) return live.tokenize(text);
    if (live.writer === undefined) throw new ApiError(400, 'the model has no chat template; ask without it');
    return live.tokenize(await live.writer.write([{ role: 'user', content: text }]), true);
}

/**
 * The languages of a text by its sentences, of a long sentence by windows of some 80 characters; see `languageOf`,
 * which tells none of a short one. Spans in a row of one language are one.
 * @param pieces of the text
 * @param candidates tags
 */
export function languageSpans(pieces: TokenTrace['pieces'], candidates: readonly string[]): LanguageSpan[] {
    const starts: number[] = []; // of each token's piece in the text
    let text = '';
    for (const piece of pieces) {
        for (let i = 0; i < piece.tokens; i++) starts.push(text.length);
        text += piece.text;
    }
    const spans: LanguageSpan[] = [];
    for (const [from, to] of partsOf(text)) {
        const language = languageOf(text.slice(from, to), candidates) ?? null;
        const [first, end] = [firstFrom(starts, from), firstFrom(starts, to)];
        const last = spans.at(-1);
        if (last?.language === language) spans[spans.length - 1] = { ...last, to: end };
        else if (end > first) spans.push({ language, from: first, to: end });
    }
    return spans;
}

/** See `AskEvent`. */
export function changeOf(spans: readonly LanguageSpan[]): number | null {
    const known = spans.filter(({ language }) => language !== null);
    return known.find(({ language }) => language !== known[0]!.language)?.from ?? null;
}

/** Begin and end of each sentence, and of each window of a long one. */
function* partsOf(text: string): Generator<readonly [from: number, to: number]> {
    for (const { segment, index } of sentences.segment(text)) {
        let from = 0;
        if (segment.length > longSentence) {
            for (const word of words.segment(segment)) {
                // What is left for the last window is at least half of one.
                if (word.index - from < window || segment.length - word.index < window / 2) continue;
                yield [index + from, index + word.index];
                from = word.index;
            }
        }
        yield [index + from, index + segment.length];
    }
}

function firstFrom(starts: readonly number[], place: number): number {
    const found = starts.findIndex((start) => start >= place);
    return found < 0 ? starts.length : found;
}
