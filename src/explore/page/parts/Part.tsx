import type { ComponentChild } from 'preact';
import { useRef } from 'preact/hooks';
import type { SitePart } from '../../resultsFormat.js';
import { useJson } from '../data/useJson.js';

interface PartProps<Content> {
    readonly part: SitePart;
    readonly children: (content: Content) => ComponentChild;
}

/** What is in a file of results, once it is read. */
export function Part<Content>({ part: { path }, children }: PartProps<Content>): ComponentChild {
    const { value, failed } = useJson<Content>(path);
    // What was shown before stays until the next is there, so that the page does not jump.
    const shown = useRef<Content>(undefined);
    shown.current = value ?? shown.current;
    if (failed !== undefined) return <p role="alert">This cannot be shown. {failed}</p>;
    return shown.current === undefined ? <p role="status">Reading {path}</p> : children(shown.current);
}
