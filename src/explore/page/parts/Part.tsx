import type { ComponentChild } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { SitePart } from '../../resultsFormat.js';
import { loadPart } from '../data/loadPart.js';

/** What is in a file of results, once it is read. */
export function Part<Content>({
    part,
    children,
}: {
    part: SitePart;
    children: (content: Content) => ComponentChild;
}): ComponentChild {
    const [read, setRead] = useState<{ readonly path: string; readonly content: Content }>();
    const [failed, setFailed] = useState('');
    const { path } = part;
    useEffect(() => {
        let wanted = true;
        setFailed('');
        loadPart<Content>(path).then(
            (content) => wanted && setRead({ path, content }),
            (cause: unknown) => wanted && setFailed(cause instanceof Error ? cause.message : String(cause)),
        );
        return () => void (wanted = false);
    }, [path]);
    if (failed !== '') return <p role="alert">This cannot be shown. {failed}</p>;
    // What was shown before stays until the next is there, so that the page does not jump.
    return read === undefined ? <p role="status">Reading {path}</p> : children(read.content);
}
