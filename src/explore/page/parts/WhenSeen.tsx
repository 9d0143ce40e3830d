import type { ComponentChild } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

interface WhenSeenProps {
    readonly height: number;
    /** Made without waiting. */
    readonly atOnce: boolean;
    readonly children: () => ComponentChild;
}

/** What is made only when it is nearly in sight, or printed; until then a space of its height. */
export function WhenSeen({ height, atOnce, children }: WhenSeenProps): ComponentChild {
    const box = useRef<HTMLDivElement>(null);
    const [seen, setSeen] = useState(atOnce);
    useEffect(() => {
        const show = (): void => setSeen(true);
        const observer = new IntersectionObserver(
            (entries) => entries.some(({ isIntersecting }) => isIntersecting) && show(),
            { rootMargin: '800px' },
        );
        observer.observe(box.current!);
        addEventListener('beforeprint', show);
        return () => {
            observer.disconnect();
            removeEventListener('beforeprint', show);
        };
    }, []);
    return (
        <div ref={box} style={{ minHeight: `${height}px` }}>
            {seen && children()}
        </div>
    );
}
