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
        } catch (error) {
            if (!signal.aborted) tell(error);
        }
        loading = false;
    }
    const watcher = new IntersectionObserver((entries) => { if (entries.some((entry) => entry.isIntersecting)) next(); }, { rootMargin: '600px' });
    watcher.observe(element);
    signal.addEventListener('abort', () => watcher.disconnect());
    return { element, show(more) { element.hidden = !more; } };
}

/** Puts the members of `values` that are set behind the page's address, without leaving it. */
export function keepInAddress(page, values) {
    const set = Object.entries(values).filter(([, value]) => value);
    history.replaceState(null, '', `#/${page}${set.length ? `?${new URLSearchParams(set)}` : ''}`);
}
