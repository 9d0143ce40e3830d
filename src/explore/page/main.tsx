import { render } from 'preact';
import { App } from './App.js';
import { loadSite } from './data/site.js';
// The order matters: later rules go before earlier ones.
import './styles/page.css';
import './styles/figures.css';
import './styles/tables.css';
import './styles/neurons.css';
import './styles/media.css';
import './styles/live.css';
import './styles/examples.css';

const page = document.getElementById('page')!;
loadSite(new URL('.', location.href).href).then(
    (site) => {
        document.title = site.summary.title;
        page.replaceChildren();
        render(<App site={site} />, page);
    },
    (cause: unknown) => {
        const words = document.createElement('p');
        words.className = 'waiting';
        words.setAttribute('role', 'alert');
        words.textContent = `The page cannot be shown. ${cause instanceof Error ? cause.message : String(cause)}`;
        page.replaceChildren(words);
    },
);
