import { useEffect, useState } from 'preact/hooks';

interface Reference {
    readonly current: HTMLElement | null;
}

/** Width and height of what stands in an element, in pixels, also when they change. @param at until it is drawn */
export function useSize(element: Reference, at: readonly [width: number, height: number]) {
    const [size, setSize] = useState(at);
    useEffect(() => {
        const observer = new ResizeObserver(([entry]) =>
            setSize([entry!.contentRect.width, entry!.contentRect.height]),
        );
        observer.observe(element.current!);
        return () => observer.disconnect();
    }, []);
    return size;
}
