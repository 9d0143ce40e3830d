import type { ComponentChild } from 'preact';
import { type LiveFacts, type LiveSet, liveSets } from '../../live/liveFormat.js';
import type { LoadedSite } from '../data/site.js';
import { Choice } from './Choice.js';

const command = 'language-neurons explore DIR --model MODEL.gguf';

interface LivePageProps {
    readonly site: LoadedSite;
    readonly title: string;
    readonly children: (live: LiveFacts) => ComponentChild;
}

/** A page that asks the model; without one it says how to open it. */
export function LivePage({ site, title, children }: LivePageProps): ComponentChild {
    const { live, model } = site.summary;
    return (
        <>
            <h1>{title}</h1>
            {live === undefined ? (
                <p role="alert">This copy of the page is made of files alone, and no model answers it.</p>
            ) : live === null ? (
                <div role="alert">
                    <p>
                        This page asks the model, and none is open. End explore with Ctrl-C and start it with the file
                        of {model.name}:
                    </p>
                    <p>
                        <code>{command}</code>
                    </p>
                </div>
            ) : (
                children(live)
            )}
        </>
    );
}

/** Which of a language's neurons. */
export function SetChoice({ label, set }: { label: string; set: LiveSet }): ComponentChild {
    const options = liveSets.map((one) => [one, one.replace('+', ' + ')] as const);
    return <Choice label={label} name="set" value={set} options={options} />;
}
