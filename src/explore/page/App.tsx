import { useEffect, useRef } from 'preact/hooks';
import type { ComponentChild } from 'preact';
import { route } from './data/route.js';
import { routeTo } from './data/routeText.js';
import type { LoadedSite } from './data/site.js';
import { AskView } from './views/AskView.js';
import { NeuronView } from './views/NeuronView.js';
import { NeuronsView } from './views/NeuronsView.js';
import { OverviewView } from './views/OverviewView.js';
import { SentenceView } from './views/SentenceView.js';

const views = [
    { view: 'overview', label: 'Overview' },
    { view: 'neurons', label: 'Neurons' },
] as const;
/** Of a server: a site of static files has no model to ask. */
const liveViews = [
    { view: 'sentence', label: 'Your sentence' },
    { view: 'ask', label: 'Ask' },
] as const;

export function App({ site }: { site: LoadedSite }): ComponentChild {
    const { summary } = site;
    const { view, name } = route.value;
    const main = useRef<HTMLElement>(null);
    const shown = `${view}/${name}`;
    const first = useRef(shown);
    // A screen reader begins to read the view that was opened.
    useEffect(() => {
        if (first.current !== shown) main.current?.focus();
        first.current = shown;
    }, [shown]);
    return (
        <>
            <header class="top">
                <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
                    Skip to the content
                </a>
                <strong class="title">{summary.title}</strong>
                <nav aria-label="Views">
                    {[...views, ...(summary.live === undefined ? [] : liveViews)].map((one) => (
                        <a
                            key={one.view}
                            href={routeTo(one.view)}
                            aria-current={
                                one.view === view || (view === 'neuron' && one.view === 'neurons') ? 'page' : undefined
                            }
                        >
                            {one.label}
                        </a>
                    ))}
                </nav>
            </header>
            <main id="main" ref={main} tabIndex={-1}>
                {view === 'overview' ? (
                    <OverviewView site={site} />
                ) : view === 'neurons' ? (
                    <NeuronsView site={site} />
                ) : view === 'neuron' ? (
                    <NeuronView site={site} name={name} />
                ) : view === 'sentence' ? (
                    <SentenceView site={site} />
                ) : view === 'ask' ? (
                    <AskView site={site} />
                ) : (
                    <p role="alert">
                        There is no view {view}. <a href={routeTo('overview')}>Overview</a>
                    </p>
                )}
            </main>
            <footer class="small">
                {summary.model.name} ({summary.model.quantization}), {summary.dataset}. language-neurons{' '}
                {summary.toolVersion}
            </footer>
        </>
    );
}
