import type { ComponentChild } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { type LiveFacts, livePaths, type SentenceEvent, type TokenTrace } from '../../live/liveFormat.js';
import { askModel } from '../data/askModel.js';
import { readSet } from '../data/askSettings.js';
import { changeSettings, route } from '../data/route.js';
import type { LoadedSite } from '../data/site.js';
import { usePending } from '../data/usePending.js';
import { LivePage, SetChoice } from '../parts/LivePage.js';
import { TokenStrip } from '../parts/TokenStrip.js';

/** Milliseconds without a key until a text is looked at. */
const rest = 400;

/** A text that is typed: which languages' neurons fire at each of its tokens. */
export function SentenceView({ site }: { site: LoadedSite }): ComponentChild {
    return (
        <LivePage site={site} title="Your sentence">
            {(live) => <Sentence site={site} live={live} />}
        </LivePage>
    );
}

function Sentence({ site, live }: { site: LoadedSite; live: LiveFacts }): ComponentChild {
    const { settings } = route.value;
    const text = settings.get('text') ?? '';
    const set = readSet(settings.get('set'));
    const [found, setFound] = useState<{ readonly of: string; readonly trace: TokenTrace }>();
    const { pending, failed, begin, stop } = usePending();
    useEffect(() => {
        stop();
        if (text === '') return setFound(undefined);
        const timer = setTimeout(
            () =>
                begin(async (signal) => {
                    for await (const event of askModel<SentenceEvent>(livePaths.sentence, { text }, signal))
                        setFound({ of: text, trace: event.trace });
                }),
            rest,
        );
        return () => clearTimeout(timer);
    }, [text]);
    return (
        <>
            <p>
                Type in any language. Under each token stands the share of every language's neurons that is active at
                it. Colour begins at the share's mean over the run's texts in all languages, and is full at its mean
                over the texts in its own.
            </p>
            <p>
                <label for="text">Text</label>
                <textarea
                    id="text"
                    rows={3}
                    dir="auto"
                    value={text}
                    onInput={({ currentTarget }) => changeSettings({ text: currentTarget.value })}
                />
            </p>
            <p class="tools">
                <SetChoice label="Neurons" set={set} />
                <span role="status" class="small">
                    {pending ? 'Computing' : found === undefined ? '' : `${found.trace.strongest.length} tokens`}
                </span>
            </p>
            {failed !== '' && <p role="alert">{failed}</p>}
            {found !== undefined && failed === '' && (
                <TokenStrip
                    key={found.of}
                    site={site}
                    live={live}
                    trace={found.trace}
                    set={set}
                    label="Active neurons by token"
                />
            )}
        </>
    );
}
