import { computed, signal } from '@preact/signals';
import { readRoute, routeTo } from './routeText.js';

const hash = signal(location.hash);
addEventListener('hashchange', () => (hash.value = location.hash));

export const route = computed(() => readRoute(hash.value));

/** Changes settings of the view that is shown, without a step of the browser's history. */
export function changeSettings(changed: Readonly<Record<string, string>>): void {
    const { view, name, settings } = route.value;
    history.replaceState(null, '', routeTo(view, { ...Object.fromEntries(settings), ...changed }, name));
    hash.value = location.hash;
}
