// Lists that go on as they are scrolled.
import { h, tell } from './dom.js';
import { text } from './strings.js';

/**
 * A button that loads more, by itself where it comes into view. load() resolves to whether there is still more; while it runs it is not called again.
 * {element, show(more)}.
 */
export function createMore(load, signal) {
    let loading = false;
    const element = h('button.plain.more', { hidden: true, onclick: () => next() }, text.more);
    async function next() {
        if (loading || element.hidden) return;
        loading = true;
        try {
            element.hidden = !await load();
            loading = false;
            look();
        } catch (error) {
            loading = false;  // and a click on it tries again
            if (!signal.aborted) tell(error);
        }
    }
    const watcher = new IntersectionObserver((entries) => { if (entries.some((entry) => entry.isIntersecting)) next(); }, { rootMargin: '600px' });
    /** Asks anew whether it is in view: the watcher tells only of changes, and there may be none when it is scrolled as fast as it loads. */
    function look() {
        watcher.unobserve(element);
        if (!signal.aborted) watcher.observe(element);
    }
    look();
    signal.addEventListener('abort', () => watcher.disconnect());
    return { element, show(more) { element.hidden = !more; look(); } };
}

/** Puts the members of `values` that are set behind the page's address, without leaving it. */
export function keepInAddress(page, values) {
    const set = Object.entries(values).filter(([, value]) => value);
    history.replaceState(null, '', `#/${page}${set.length ? `?${new URLSearchParams(set)}` : ''}`);
}
