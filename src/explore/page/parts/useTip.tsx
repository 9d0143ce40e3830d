import type { ComponentChild } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

/** Lines on what is pointed at, and where it is in the window. */
interface Tip {
    readonly lines: readonly string[];
    readonly box: { readonly left: number; readonly top: number; readonly bottom: number };
}

export interface TipHandle {
    /** To stand anywhere in the component. */
    readonly tip: ComponentChild;
    show(lines: readonly string[], box: Tip['box']): void;
    hide(): void;
}

/**
 * A small box of text beside what is pointed at; Escape and scrolling hide it. Screen readers get the text elsewhere.
 */
export function useTip(): TipHandle {
    const [shown, setShown] = useState<Tip>();
    const box = useRef<HTMLDivElement>(null);
    const hide = (): void => setShown(undefined);
    useLayoutEffect(() => {
        const element = box.current;
        if (shown === undefined || element === null) return;
        const { offsetWidth: width, offsetHeight: height } = element;
        const { left, top, bottom } = shown.box;
        const above = bottom + height + 10 > innerHeight && top > height + 6;
        element.style.left = `${Math.max(4, Math.min(document.documentElement.clientWidth - width - 4, left))}px`;
        element.style.top = `${above ? top - height - 6 : bottom + 6}px`;
    }, [shown]);
    // Before it is painted: a key that follows at once hides it too.
    useLayoutEffect(() => {
        if (shown === undefined) return;
        const onKeyDown = ({ key }: KeyboardEvent): void => {
            if (key === 'Escape') hide();
        };
        addEventListener('keydown', onKeyDown);
        return () => removeEventListener('keydown', onKeyDown);
    }, [shown]);
    // After it: the scrolling that brought it under the pointer is still to be told of.
    useEffect(() => {
        if (shown === undefined) return;
        addEventListener('scroll', hide, { passive: true, capture: true });
        return () => removeEventListener('scroll', hide, { capture: true });
    }, [shown]);
    const [first, ...rest] = shown?.lines ?? [];
    return {
        tip: shown !== undefined && (
            <div ref={box} class="tip" aria-hidden="true">
                <b>{first}</b>
                {rest.map((line) => (
                    <div key={line}>{line}</div>
                ))}
            </div>
        ),
        show: (lines, { left, top, bottom }) => setShown({ lines, box: { left, top, bottom } }),
        hide,
    };
}
